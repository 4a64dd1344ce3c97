import { isIPv6 } from 'node:net';
import { describe, expect, test } from 'vitest';
import {
  familyOf,
  isNetworkOrBroadcast,
  isWithin,
  oddKindOf,
  overlap,
  prefixIn,
  shortAddress,
} from '../../src/hosts/addresses.ts';
import { fc } from '../properties.ts';

/** Eight words, many of them zero, as the runs of real addresses. */
const words = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 });
const hex = (word: number): string => word.toString(16);

/** One of the many ways to write an IPv6 address. */
const spelling = fc.record({ words, capitals: fc.boolean(), padded: fc.boolean(), dotted: fc.boolean() }).map(how => {
  const text = how.words.map(word => (how.padded ? hex(word).padStart(4, '0') : hex(word)));
  if (how.dotted) {
    const [high = 0, low = 0] = how.words.slice(6);
    text.splice(6, 2, [high >> 8, high & 255, low >> 8, low & 255].join('.'));
  }
  const joined = text.join(':');
  return { words: how.words, text: how.capitals ? joined.toUpperCase() : joined };
});

/** RFC 5952 as its text says it: the first longest run of two or more zero words becomes `::`. */
function shortOf(all: readonly number[]): string {
  for (let length = 8; length >= 2; length--) {
    for (let start = 0; start + length <= 8; start++) {
      if (all.slice(start, start + length).some(word => word !== 0)) continue;
      return `${all.slice(0, start).map(hex).join(':')}::${all
        .slice(start + length)
        .map(hex)
        .join(':')}`;
    }
  }
  return all.map(hex).join(':');
}

describe('short addresses', () => {
  test('every spelling of an IPv6 address has the short form of RFC 5952', () => {
    fc.assert(fc.property(spelling, ({ words, text }) => shortAddress(text) === shortOf(words)));
  });

  test('the short form is its own short form', () => {
    fc.assert(fc.property(words, all => shortAddress(shortOf(all)) === shortOf(all)));
  });

  test('an IPv4 address has only one form', () => {
    expect(shortAddress('192.0.2.25')).toBe('192.0.2.25');
    expect(['192.0.2.025', '192.0.2', '0x7f.1', '192.0.2.256', ' 192.0.2.1'].map(familyOf)).toEqual(
      Array(5).fill(null),
    );
  });
});

test('text with a zone, brackets or a length is not an address', () => {
  expect(
    ['fe80::1%em0', '[::1]', '2001:db8::/64', '2001:db8:::1', '', 'g::1', '1:2:3:4:5:6:7:8:9'].map(familyOf),
  ).toEqual(Array(7).fill(null));
});

test('an address is in a network exactly if their first bits are equal', () => {
  const bits = (all: readonly number[]) => all.map(word => word.toString(2).padStart(16, '0')).join('');
  const near = fc.record({ words, flip: fc.nat(127), prefixLength: fc.integer({ min: 1, max: 128 }) });
  fc.assert(
    fc.property(near, ({ words, flip, prefixLength }) => {
      const other = words.map((word, index) => (index === flip >> 4 ? word ^ (0x8000 >> (flip & 15)) : word));
      const same = bits(words).slice(0, prefixLength) === bits(other).slice(0, prefixLength);
      expect(isWithin(shortOf(other), { address: shortOf(words), prefixLength })).toBe(same);
    }),
  );
  expect(isWithin('10.1.2.77', { address: '10.1.2.1', prefixLength: 24 })).toBe(true);
  expect(isWithin('10.1.3.77', { address: '10.1.2.1', prefixLength: 24 })).toBe(false);
  expect(isWithin('::1', { address: '0.0.0.1', prefixLength: 1 })).toBe(false);
});

test('addresses that are not those of a single host are named by their kind', () => {
  const odd = [
    '::',
    '::1',
    '::2',
    '::ffff:192.0.2.1',
    'fe80::1',
    'febf::1',
    'ff02::1',
    '0.0.0.0',
    '127.0.0.53',
    '169.254.1.1',
    '224.0.0.1',
    '255.255.255.255',
  ];
  expect(odd.map(oddKindOf)).not.toContain(null);
  expect(
    ['2001:db8::1', 'fd00::1', 'fec0::1', '10.0.0.1', '192.168.0.1', '192.0.2.25', '1:0:0:0:0:0:0:1'].map(oddKindOf),
  ).toEqual(Array(7).fill(null));
});

test('the first and the last address of an IPv4 network belong to no host, except in networks of two', () => {
  const network = (address: string, prefixLength: number) => isNetworkOrBroadcast({ address, prefixLength });
  expect([
    network('10.1.2.0', 24),
    network('10.1.2.255', 24),
    network('10.1.2.4', 30),
    network('10.1.2.7', 30),
  ]).toEqual(Array(4).fill(true));
  expect([
    network('10.1.2.1', 24),
    network('10.1.2.0', 31),
    network('10.1.2.0', 32),
    network('2001:db8::', 64),
  ]).toEqual(Array(4).fill(false));
});

test('an IPv6 address is what node:net accepts, except for zones', () => {
  const likely = fc.string({ unit: fc.constantFrom(...'0123456789abcdefF:::..%'), maxLength: 45 });
  const mangled = fc
    .tuple(spelling, fc.nat(44), likely)
    .map(([{ text }, at, more]) => text.slice(0, at) + more.slice(0, 3) + text.slice(at));
  fc.assert(
    fc.property(
      fc.oneof(
        likely,
        mangled,
        spelling.map(({ text }) => text),
      ),
      text => (familyOf(text) === 6) === (isIPv6(text) && !text.includes('%')),
    ),
    { numRuns: 3000 },
  );
});

describe('a prefix', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7/32'],
    ['192.0.2.7/24', '192.0.2.0/24'],
    ['10.200.3.4/9', '10.128.0.0/9'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8:0:0::7/64', '2001:db8::/64'],
    ['2001:db8:ffff:ffff::/33', '2001:db8:8000::/33'],
    ['::1', '::1/128'],
  ])('%s is %s', (text, prefix) => {
    const found = prefixIn(text);
    expect(`${found?.address}/${found?.prefixLength}`).toBe(prefix);
  });
  test.each(['192.0.2.7/33', '::/129', '192.0.2/24', 'host/24', '', '192.0.2.7/', '::/x'])('%j is not one', text => {
    expect(prefixIn(text)).toBeNull();
  });
  test.each([
    ['10.0.0.0/8', '10.9.0.0/16', true],
    ['10.9.0.0/16', '10.0.0.0/8', true],
    ['10.8.0.0/16', '10.9.0.0/16', false],
    ['::/0', '0.0.0.0/0', false],
  ])('%s and %s have an address in common: %s', (one, other, common) => {
    const [a, b] = [prefixIn(one), prefixIn(other)];
    expect(a !== null && b !== null && overlap(a, b)).toBe(common);
  });
});

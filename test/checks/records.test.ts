import { describe, expect, it } from 'vitest';
import { dmarcSets } from '../../src/checks/dmarc.ts';
import { recordSets } from '../../src/checks/public-records.ts';
import { findingsOf } from '../../src/checks/record-findings.ts';
import type { RecordSet } from '../../src/checks/record-set.ts';
import { saysDmarc } from '../../src/facts/dmarc-record.ts';
import type { DnsAnswer } from '../../src/facts/lookup.ts';
import { articleWith, fleetOf } from '../tasks/fleets.ts';

const fleet = fleetOf(articleWith(/# dmarc: .*/, 'dmarc: { policy: quarantine, reports: postmaster@example.com }'));
const setOf = (type: string, name: string, kind?: string): RecordSet => {
  const set = recordSets(fleet).find(one => one.type === type && one.name === name && (!kind || one.kind === kind));
  if (!set) throw new Error(`no ${type} ${name}`);
  return set;
};
const records = (...values: readonly string[]): DnsAnswer => ({ kind: 'records', values });
const none: DnsAnswer = { kind: 'none', text: 'Host x not found: 3(NXDOMAIN)' };
const judged = (set: RecordSet, answer: DnsAnswer | null) =>
  findingsOf(set, answer).map(({ state, value }) => `${state} ${value}`);

describe('MX records in DNS', () => {
  const set = setOf('MX', 'example.com');
  it.each<[string, DnsAnswer | null, readonly string[]]>([
    ['all', records('mx2.example.com', 'mx1.example.com'), ['well mx1.example.com', 'well mx2.example.com']],
    ['one', records('mx1.example.com'), ['well mx1.example.com', 'missing mx2.example.com']],
    ['nothing', none, ['missing mx1.example.com', 'missing mx2.example.com']],
    [
      'one too many',
      records('mx1.example.com', 'mx2.example.com', 'old.example.net'),
      ['well mx1.example.com', 'well mx2.example.com', 'stale old.example.net'],
    ],
    ['no mail, please (RFC 7505)', records(''), ['missing mx1.example.com', 'missing mx2.example.com']],
    ['no answer', { kind: 'unknown', text: 'timed out' }, ['unknown mx1.example.com', 'unknown mx2.example.com']],
    ['no question', null, ['unknown mx1.example.com', 'unknown mx2.example.com']],
  ])('%s', (_, answer, expected) => {
    expect(judged(set, answer)).toEqual(expected);
  });
});

describe('address records in DNS', () => {
  it('of a family that a name should not have are stale', () => {
    expect(judged(setOf('A', 'mx1.example.com'), records('192.0.2.99'))).toEqual(['stale 192.0.2.99']);
    expect(judged(setOf('A', 'mx1.example.com'), none)).toEqual([]);
  });
  it('with another name for an address are wrong, and a second one is harmless', () => {
    const set = setOf('PTR', '192.0.2.25');
    expect(judged(set, records('vm17.provider.example'))).toEqual(['wrong smtp.example.com']);
    expect(judged(set, records('vm17.provider.example', 'smtp.example.com'))).toEqual(['well smtp.example.com']);
    expect(judged(set, none)).toEqual(['missing smtp.example.com']);
  });
});

describe('SPF records in DNS', () => {
  const set = setOf('TXT', 'example.com');
  const states = (...texts: readonly string[]) =>
    findingsOf(set, records(...texts)).map(({ state, sender }) => [state, sender]);
  it.each([
    ['v=spf1 ip4:192.0.2.25 ip6:2001:db8:1234:1234::b17e ~all', [['well', undefined]]],
    ['v=spf1 ip4:192.0.2.25 -all', [['wrong', '2001:db8:1234:1234::b17e']]],
    [
      'v=spf1 -all',
      [
        ['wrong', '2001:db8:1234:1234::b17e'],
        ['wrong', '192.0.2.25'],
      ],
    ],
    ['v=spf1 include:provider.example -all', [['unknown', undefined]]],
    ['google-site-verification=x', [['missing', undefined]]],
  ])('%s', (record, expected) => {
    expect(states('something else', record)).toEqual(expected);
  });
  it('two records count as none', () => {
    expect(states('v=spf1 ip4:192.0.2.25 ip6:2001:db8:1234:1234::b17e -all', 'v=spf1 -all')).toEqual([
      ['wrong', undefined],
    ]);
  });
});

describe('DMARC records in DNS', () => {
  const set = setOf('TXT', '_dmarc.example.com');
  it.each([
    ['v=DMARC1; p=quarantine; rua=mailto:postmaster@example.com', 'well'],
    ['v=DMARC1;p=QUARANTINE ; sp=none; rua=mailto:a@else.example,mailto:Postmaster@example.com!10m', 'well'],
    ['v=DMARC1; p=none; rua=mailto:postmaster@example.com', 'wrong'],
    ['v=DMARC1; p=quarantine', 'wrong'],
    ['something else', 'missing'],
  ])('%s', (record, expected) => {
    expect(findingsOf(set, records(record)).map(({ state }) => state)).toEqual([expected]);
  });
});

describe('DMARC records in DNS for subdomains', () => {
  const [set] = dmarcSets(
    'example.com',
    fleetOf(articleWith(/# dmarc: .*/, 'dmarc: { policy: reject, subdomains: none }')),
  );
  it.each([
    ['v=DMARC1; p=reject; sp=none', 'well'],
    ['v=DMARC1; p=reject; sp=NONE; pct=50', 'well'],
    ['v=DMARC1; p=reject', 'wrong'],
    ['v=DMARC1; p=none', 'wrong'],
  ])('%s', (record, expected) => {
    expect(set && findingsOf(set, records(record)).map(({ state }) => state)).toEqual([expected]);
  });
  it('may be omitted in favour of the policy of the domain', () => {
    expect(saysDmarc('v=DMARC1; p=reject', 'v=DMARC1; p=reject; sp=reject')).toBe(true);
  });
});

describe('DMARC records in DNS with alignment', () => {
  const setFor = (mode: string) =>
    dmarcSets('example.com', fleetOf(articleWith(/# dmarc: .*/, `dmarc: { policy: reject, alignment: ${mode} }`)))[0];
  it.each([
    ['strict', 'v=DMARC1; p=reject; adkim=s; aspf=S', 'well'],
    ['strict', 'v=DMARC1; p=reject; adkim=s', 'wrong'],
    ['strict', 'v=DMARC1; p=reject', 'wrong'],
    ['relaxed', 'v=DMARC1; p=reject', 'well'],
    ['relaxed', 'v=DMARC1; p=reject; aspf=s', 'wrong'],
  ])('%s: %s', (mode, record, expected) => {
    const set = setFor(mode);
    expect(set && findingsOf(set, records(record)).map(({ state }) => state)).toEqual([expected]);
  });
  it('is printed with both tags', () => {
    expect(setFor('strict')?.wanted?.map(({ value }) => value)).toEqual(['v=DMARC1; p=reject; adkim=s; aspf=s']);
  });
});

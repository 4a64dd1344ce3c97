import { describe, expect, it } from 'vitest';
import { isWgKey, PRIVATE_KEY, WG_PUBLIC_KEY, wgKey } from '../../src/resources/wg-key.ts';
import { answer, observing, plainFile, world } from '../answers.ts';

const key = 'A1DtRuncL6j1ClKtfr4CoKrU08k60dBjuPrMDPyuGEk=';
const other = 'C3aVjYSbX+xsfJ42p6pgEHvukjVrcSmeSBIrpZDgOAM=';
const saying = (text: string) => {
  const [first = '', ...said] = text.split('\n');
  const [mode = '', owner = '', group = ''] = first.split(/[ :]/);
  const files = text === '' ? [] : [plainFile(PRIVATE_KEY, '', { mode, owner, group, content: null })];
  return observing(files, { 'the WireGuard key': answer(said.join('\n')) });
};
const why = (text: string) => wgKey('wg0').judge(saying(text), world())?.why ?? null;

describe("a host's WireGuard key", () => {
  it.each([
    ['is made where there is none', '', 'missing'],
    ['is kept where both halves are there', `0600 root:wheel\ncomputed ${key}\nwritten ${key}\ncurrent\n`, null],
    [
      'gets its public half written anew where another stands there',
      `0600 root:wheel\ncomputed ${key}\nwritten ${other}\ncurrent\n`,
      '/root/KEY_PUBLIC is missing or does not belong to it',
    ],
    [
      'is closed where others could read it',
      `0644 root:wheel\ncomputed ${key}\nwritten ${key}\ncurrent\n`,
      'mode and owner 0644 root:wheel',
    ],
    [
      'is believed to fit on a release that can not tell',
      `0600 root:wheel\ncomputed \nwritten ${key}\ncurrent\n`,
      null,
    ],
    [
      'is looked at again on such a release where it is younger than its public half',
      `0600 root:wheel\ncomputed \nwritten ${key}\n`,
      '/root/KEY_PUBLIC is missing or does not belong to it',
    ],
  ])('%s', (_, text, expected) => {
    expect(why(text)).toBe(expected);
  });

  it('publishes its public half', () => {
    const text = `0600 root:wheel\ncomputed ${key}\nwritten ${key}\ncurrent\n`;
    expect(wgKey('wg0').publish?.(saying(text))).toEqual({ [WG_PUBLIC_KEY]: key });
  });

  it('publishes nothing that is no key', () => {
    expect(wgKey('wg0').publish?.(saying('0600 root:wheel\ncomputed \nwritten $(reboot)\ncurrent\n'))).toEqual({});
  });
});

describe('text from a host', () => {
  it.each([key, other])('%s is a key', text => {
    expect(isWgKey(text)).toBe(true);
  });

  it.each(['', key.slice(1), `${key}\n`, `${key} `, key.replace('A', '$'), '='.repeat(44)])('%j is none', text => {
    expect(isWgKey(text)).toBe(false);
  });
});

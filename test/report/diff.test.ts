import { expect, test } from 'vitest';
import { unified } from '../../src/report/diff.ts';

const KEY = '2FPwYZabYHWwlTxItlySnZHAI5yCzXAixxLMAqvlU64=';
const PUBLIC = 'T2vxWpHAwvPFJBbd/dWeOaWOGZJP2UkcwUBWBKRE0HU=';

test.each([
  ['as the article writes it', `wgport 6900 wgkey ${KEY}`],
  ['in quotes', `wgkey "${KEY}"`],
  ['of a peer', `wgpeer ${PUBLIC} wgpsk ${KEY} wgaip 2001:db8::1`],
])('a key that was written into a file by hand is not in a diff: %s', (_, line) => {
  for (const text of [unified('p', `${line}\nup\n`, 'up\n'), unified('p', 'up\n', `${line}\nup\n`)]) {
    expect(text).not.toContain(KEY);
    expect(text).toContain('(secret)');
  }
});

test('public keys and the names of key files are shown', () => {
  const line = `wgpeer ${PUBLIC} wgaip 2001:db8::1\n!/sbin/ifconfig $if wgkey "$(cat /root/KEY_PRIVATE)"\n`;
  expect(unified('p', '', line)).toContain(`+wgpeer ${PUBLIC} wgaip`);
  expect(unified('p', '', line)).toContain('+!/sbin/ifconfig $if wgkey "$(cat /root/KEY_PRIVATE)"');
});

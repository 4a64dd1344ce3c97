import { expect, test } from 'vitest';
import { unified } from '../../src/report/diff.ts';

const KEY = '2FPwYZabYHWwlTxItlySnZHAI5yCzXAixxLMAqvlU64=';
const PUBLIC = 'T2vxWpHAwvPFJBbd/dWeOaWOGZJP2UkcwUBWBKRE0HU=';

test.each([
  ['as the article writes it', `wgport 6900 wgkey ${KEY}`],
  ['in quotes', `wgkey "${KEY}"`],
  ['in a line that goes on', `wgport 6900 wgkey \\\n\t${KEY}`],
  ['behind another word', `!key=${KEY}; ifconfig $if wgkey "$key"`],
  ['in a comment', `# was ${KEY}`],
  ['of a peer', `wgpeer ${PUBLIC} wgpsk ${KEY} wgaip 2001:db8::1`],
])('a key that was written into a file by hand is not in a diff: %s', (_, line) => {
  for (const text of [unified('p', `${line}\nup\n`, 'up\n'), unified('p', 'up\n', `${line}\nup\n`)]) {
    expect(text).not.toContain(KEY);
    expect(text).toContain('(secret)');
  }
});

test.each([`wgpeer ${PUBLIC}`, `wgpeer "${PUBLIC}"`, `wgpeer \\\n\t${PUBLIC}`, `-wgpeer '${PUBLIC}'`])(
  "a peer's public key is shown: %j",
  line => {
    expect(unified('p', '', `${line}\n`)).toContain(PUBLIC);
  },
);

test('public keys and the names of key files are shown', () => {
  const line = `wgpeer ${PUBLIC} wgaip 2001:db8::1\n!/sbin/ifconfig $if wgkey "$(cat /root/KEY_PRIVATE)"\n`;
  expect(unified('p', '', line)).toContain(`+wgpeer ${PUBLIC} wgaip`);
  expect(unified('p', '', line)).toContain('+!/sbin/ifconfig $if wgkey "$(cat /root/KEY_PRIVATE)"');
});

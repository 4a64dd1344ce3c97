import { expect, it } from 'vitest';
import { readPassword } from '../../src/commands/password.ts';
import type { Terminal } from '../../src/commands/terminal.ts';
import { article, fleetOf } from '../tasks/fleets.ts';

const fleet = fleetOf(article);
const named = {
  ...fleet,
  mail: { ...fleet.mail, credentials: { ...fleet.mail.credentials, password: { kind: 'env', name: 'PW' } as const } },
};
const read = (PW: string) => readPassword(named, { env: { PW } } as unknown as Terminal);

it.each([
  ['secret', 'secret'],
  ['the password', 'the password'],
  [' a:b#c ~', ' a:b#c ~'],
  ['secret\r\nsecond line\r\n', 'secret'],
])('%j is accepted', async (text, password) => {
  expect(await read(text)).toBe(password);
});

it.each([
  ['', 'the password is empty'],
  ['\nsecret', 'the password is empty'],
  ['x', 'the password is a single character'],
  ['secret ', 'the password ends in a blank'],
  ['s\u00e9cret', 'the password has characters that are not printable ASCII'],
  ['\ufeffsecret', 'the password has characters that are not printable ASCII'],
  ['a\tb', 'the password has characters that are not printable ASCII'],
  ['x'.repeat(513), 'the password is longer than 512 characters'],
])('%j is refused', async (text, what) => {
  await expect(read(text)).rejects.toMatchObject({ what });
});

import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PUBLIC_OF } from '../../src/facts/wg-key-state.ts';
import { pdksh } from '../hosts/shells.ts';

const folder = mkdtempSync(join(tmpdir(), 'mailtun-wg-key-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** As node's own cryptography computes it. */
function publicOf(key: Buffer): string {
  const head = Buffer.from('302e020100300506032b656e04220420', 'hex');
  const secret = createPrivateKey({ key: Buffer.concat([head, key]), format: 'der', type: 'pkcs8' });
  return createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(12).toString('base64');
}

describe.each(pdksh)('the public key of a wg(4) key under %s', shell => {
  const half = (text: string): string => {
    writeFileSync(join(folder, 'key'), text);
    const script = `${PUBLIC_OF}\npublic_of "$1" || print none`;
    return execFileSync(shell, ['-c', script, 'sh', join(folder, 'key')], { encoding: 'utf8' }).trim();
  };

  it('is correct, whatever the bytes of the key', () => {
    const even = [0, 255, 1, 8, 0x3f, 0x92].map(byte => Buffer.alloc(32, byte));
    for (const key of [...even, ...Array.from({ length: 20 }, () => randomBytes(32))])
      expect(half(`${key.toString('base64')}\n`)).toBe(publicOf(key));
  });

  it.each([
    ['nothing', ''],
    ['no padding', 'A'.repeat(44)],
    ['padding in the middle', `${'A'.repeat(20)}=${'A'.repeat(22)}=`],
    ['too short', `${'A'.repeat(39)}=`],
  ])('is empty for what is not a key (%s)', (_, text) => {
    expect(half(text)).toBe('none');
  });
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { TLS_PUBLIC_HALF, tlsPublicHalf } from '../../src/facts/tls-key.ts';
import { pdksh } from '../hosts/shells.ts';

const folder = mkdtempSync(join(tmpdir(), 'mailtun-half-'));
afterAll(() => rmSync(folder, { recursive: true }));
const key = join(folder, 'key');
const openssl = (...words: readonly string[]): string =>
  execFileSync('openssl', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

/** As certificate.ts has them made. */
function p384(): void {
  openssl('ecparam', '-name', 'secp384r1', '-out', join(folder, 'curve'));
  openssl('genpkey', '-paramfile', join(folder, 'curve'), '-out', key);
}

describe.each(pdksh)('the public key of a private key under %s', shell => {
  const half = (): string =>
    execFileSync(shell, ['-c', `${TLS_PUBLIC_HALF}\ntls_public_half "$1"; exit 0`, 'sh', key], { encoding: 'utf8' });

  it('is cut out of a P-384 key in PKCS#8, and nothing else', () => {
    for (let turn = 0; turn < 20; turn++) {
      p384();
      const said = half();
      expect(tlsPublicHalf(said)).toBe(openssl('pkey', '-in', key, '-pubout').trim());
      const [, base64 = ''] = /^point (\S+)\n$/.exec(said) ?? [];
      const secret = /priv:\n((?: {4}.*\n)+)pub:/.exec(openssl('pkey', '-in', key, '-noout', '-text'))?.[1] ?? '';
      const number = Buffer.from(secret.replaceAll(/[\s:]/g, ''), 'hex').subarray(-48);
      expect(number).toHaveLength(48);
      for (let at = 0; at + 6 <= 48; at++)
        expect(Buffer.from(base64, 'base64').includes(number.subarray(at, at + 6))).toBe(false);
    }
  });

  it.each([
    ['P-256', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']],
    ['P-521', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521']],
    ['RSA', ['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048']],
    ['Ed25519', ['genpkey', '-algorithm', 'ED25519']],
    ['P-384 of the older form', ['ecparam', '-name', 'secp384r1', '-genkey', '-noout']],
    [
      'P-384 with its parameters',
      ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384', '-pkeyopt', 'ec_param_enc:explicit'],
    ],
  ] as const)('is as openssl prints it for another key (%s)', (_, words) => {
    openssl(...words, '-out', key);
    const said = half();
    expect(said).toBe(openssl('pkey', '-in', key, '-pubout'));
    expect(tlsPublicHalf(said)).toBe(said.trim());
  });

  it.each([
    ['nothing', ''],
    ['no key', 'so what?\n'],
    ['stars', '* * * * * * * * * *\n'],
    [
      'a key of nonsense',
      `-----BEGIN PRIVATE KEY-----\n${`${'A'.repeat(64)}\n`.repeat(3)}${'A'.repeat(56)}\n-----END PRIVATE KEY-----\n`,
    ],
  ])('is empty for %s', (_, text) => {
    writeFileSync(key, text);
    expect(half()).toBe('');
  });

  it('is as openssl prints it for a key with its lines in another order', () => {
    p384();
    const lines = readFileSync(key, 'utf8').split('\n');
    writeFileSync(key, [lines[0], lines[2], lines[1], ...lines.slice(3)].join('\n'));
    expect(half()).toBe('');
  });
});

it('a key that is too short is none', () => {
  expect(tlsPublicHalf('point AAAA\n')).toBe('');
});

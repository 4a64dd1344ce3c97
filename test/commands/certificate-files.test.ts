import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCertificateFiles } from '../../src/commands/certificate-files.ts';
import type { Fleet, Relay } from '../../src/hosts/fleet.ts';
import { pairFor } from '../resources/vouched.ts';
import { article, fleetOf } from '../tasks/fleets.ts';

const name = 'mx1.example.com';
const root = pairFor('Test Root');
const pair = pairFor(name, 60, root);
const other = pairFor('other.example.com', 60, root);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'files-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fleetWith(cert: string, key: string): Fleet {
  writeFileSync(join(folder, 'cert'), cert);
  writeFileSync(join(folder, 'key'), key);
  const fleet = fleetOf(article);
  const files = { [name]: { cert: join(folder, 'cert'), key: join(folder, 'key') } };
  const hosts = fleet.hosts.map(host =>
    host.role === 'relay' ? ({ ...host, certificates: { kind: 'files', files } } satisfies Relay) : host,
  );
  return { ...fleet, hosts };
}

describe('the files of a certificate', () => {
  it('are used unchanged, with their chain', async () => {
    expect(await readCertificateFiles(fleetWith(pair.cert + root.cert, pair.key))).toEqual({
      [`cert of ${name} on namorar`]: pair.cert + root.cert,
      [`key of ${name} on namorar`]: pair.key,
    });
  });
  it('are none if the inventory names none', async () => {
    expect(await readCertificateFiles(fleetOf(article))).toEqual({});
  });
  it('lose CRLF line ends, and get a newline at the end', async () => {
    const [cert] = Object.values(
      await readCertificateFiles(fleetWith(pair.cert.trimEnd().replaceAll('\n', '\r\n'), pair.key)),
    );
    expect(cert).toBe(pair.cert);
  });
  const locked = execFileSync('openssl', ['pkey', '-aes256', '-passout', 'pass:x'], {
    input: pair.key,
    encoding: 'utf8',
  });
  const odd = execFileSync('openssl', ['genpkey', '-algorithm', 'ED25519'], { encoding: 'utf8' });
  it.each([
    ['no certificate', 'nothing\n', pair.key, 'cert: holds no certificate'],
    [
      'a damaged one',
      pair.cert.replace(/\n[^\n]{64}\n/, '\nAAAA\n'),
      pair.key,
      'cert: holds a certificate that is damaged',
    ],
    ['no key', pair.cert, pair.cert, 'key: holds no private key'],
    ['a key with a passphrase', pair.cert, locked, 'key: has a passphrase'],
    ['a key that smtpd cannot use', pair.cert, odd, 'key: is a key of type ed25519'],
    ["somebody else's key", pair.cert, other.key, 'cert: does not belong to'],
    ['the chain before the certificate', root.cert + pair.cert, pair.key, 'is not the first one'],
    ['a chain out of order', pair.cert + other.cert, pair.key, 'its second certificate is not the issuer of the first'],
    ['another name', other.cert, other.key, `does not name ${name}, but DNS:other.example.com`],
  ])('are refused with %s', async (_, cert, key, message) => {
    await expect(readCertificateFiles(fleetWith(cert, key))).rejects.toThrow(message);
  });
  it('are refused once they have expired', async () => {
    const later = new Date(Date.now() + 61 * 86_400_000);
    await expect(readCertificateFiles(fleetWith(pair.cert, pair.key), later)).rejects.toThrow('has expired');
  });
  it('are refused if they cannot be read', async () => {
    const fleet = fleetWith(pair.cert, pair.key);
    rmSync(join(folder, 'key'));
    await expect(readCertificateFiles(fleet)).rejects.toThrow('key: cannot be read: ENOENT');
  });
});

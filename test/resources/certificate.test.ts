import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readCertificate } from '../../src/facts/certificate-text.ts';
import {
  certificateFault,
  certificateKey,
  certificatePath,
  keyPath,
  selfSigned,
} from '../../src/resources/certificate.ts';
import { script } from '../../src/run/quoting.ts';
import { answer, answering, observing, plainFile, world } from '../answers.ts';
import { pdksh } from '../hosts/shells.ts';
import { sandbox } from '../run/sandbox.ts';

const folder = mkdtempSync(join(tmpdir(), 'mailtun-certificates-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A certificate as openssl(1) makes it, and the public half of its key. */
function made(subject: string, name: string, days = 3650): { pem: string; publicKey: string } {
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
  execFileSync('openssl', ['ecparam', '-name', 'secp384r1', '-genkey', '-noout', '-out', key]);
  const words = ['-days', String(days), '-subj', `/CN=${subject}`, '-addext', `subjectAltName=DNS:${name}`];
  execFileSync('openssl', ['req', '-x509', '-new', '-key', key, ...words, '-out', cert]);
  const publicKey = execFileSync('openssl', ['pkey', '-in', key, '-pubout']).toString();
  return { pem: readFileSync(cert, 'utf8'), publicKey };
}

const name = 'vpn0.example.com';
const good = made(name, name);
const other = made(name, name);
const DAY = 86_400_000;
const now = Date.now();
const fault = (pem: string, publicKey: string, at = now) =>
  certificateFault(name, readCertificate(pem), publicKey, { now: at });

describe('a self-signed certificate', () => {
  it.each([
    ['is kept while key, name and dates fit', good.pem, good.publicKey, now, null],
    ['is made where there is no key', good.pem, '', now, 'its key is missing'],
    ['is made anew for another key', good.pem, other.publicKey, now, 'certificate and key do not match'],
    ['is made anew 30 days before it ends', good.pem, good.publicKey, now + 3621 * DAY, 'expires in 28 days'],
    ['is kept the day before that', good.pem, good.publicKey, now + 3619 * DAY, null],
    ['is made anew when it has ended', good.pem, good.publicKey, now + 3651 * DAY, 'has expired'],
  ])('%s', (_, pem, publicKey, at, why) => {
    expect(fault(pem, publicKey, at)).toBe(why);
  });

  it('must name the host among its alternative names; the subject alone does not count', () => {
    const misnamed = made(name, 'other.example.com');
    expect(fault(misnamed.pem, misnamed.publicKey)).toBe(`does not name ${name}`);
  });

  it('is missing if the file contains something else', () => {
    const key = plainFile(keyPath(name), '', { mode: '0600' });
    const files = [plainFile(certificatePath(name), '127.0.0.1 localhost\n'), key];
    const runs = { [`the key of ${name}`]: answer(good.publicKey) };
    expect(selfSigned(name).judge(observing(files, runs), world({}, [], now))?.why).toBe('missing');
  });

  it.each([
    ['0600 root', null],
    ['0640 root', null],
    ['0400 root', null],
    ['0644 root', 'key has mode 0644, owner root'],
    ['0600 jay', 'key has mode 0600, owner jay'],
    ['0660 root', 'key has mode 0660, owner root'],
  ])('with a key that is %s', (attributes, why) => {
    const [mode = '', owner = ''] = attributes.split(' ');
    const files = [plainFile(certificatePath(name), good.pem), plainFile(keyPath(name), '', { mode, owner })];
    const runs = { [`the key of ${name}`]: answer(good.publicKey) };
    expect(selfSigned(name).judge(observing(files, runs), world({}, [], now))?.why ?? null).toBe(why);
  });

  it('is published when it is usable, and not before', () => {
    const files = [plainFile(certificatePath(name), good.pem)];
    const publish = (publicKey: string) =>
      selfSigned(name).publish?.(observing(files, { [`the key of ${name}`]: answer(publicKey) }));
    expect(publish(good.publicKey)).toEqual({ [certificateKey(name)]: new X509Certificate(good.pem).toString() });
    expect(publish(other.publicKey)).toEqual({});
  });
});

describe.each(pdksh)('made under %s', shell => {
  // A subject has at most 64 characters (ub_common_name in a_strnid.c).
  it.each([
    ['leaves no other files, and removes those of a run that was killed', name],
    ['has a long name among its alternative ones', `vpn0.${'a-long-label'.repeat(5)}.example.com`],
  ])('%s', async (_, name) => {
    const host = sandbox(shell);
    host.write('etc/ssl/private/mailtun.Kq3vYb81Zx/key', 'half a key');
    const resource = selfSigned(name);
    const step = resource.judge(answering(resource.questions), world({}, [], now))?.steps[0];
    for (const command of [step?.stage, step?.command]) {
      const { exit, stderr } = await host.run(script(command?.script ?? '', ...(command?.args ?? [])));
      expect([exit, stderr.includes('rror')]).toEqual([0, false]);
    }
    expect(readdirSync(join(host.dir, 'etc/ssl/private')).sort()).toEqual([`${name}.key`, `${name}.ssc`]);
    expect(readCertificate(host.read(certificatePath(name).slice(1)))?.names(name)).toBe(true);
    host.remove();
  });
});

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CERTIFICATES, type InstalledCertificate } from '../../src/facts/installed-certificates.ts';
import { answer } from '../answers.ts';
import { pdksh } from '../hosts/shells.ts';

const folder = mkdtempSync(join(tmpdir(), 'mailtun-certificates-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

/** A self-signed certificate `NAME.crt` and its key `NAME.key`. */
function makes(name: string, ...key: readonly string[]): void {
  const request = [
    'req',
    '-x509',
    '-new',
    '-nodes',
    '-days',
    '9',
    '-subj',
    `/CN=${name}`,
    '-keyout',
    at(`${name}.key`),
  ];
  execFileSync('openssl', [...request, '-out', at(`${name}.crt`), ...key], { stdio: 'ignore' });
}

describe.each(pdksh)('the certificates that smtpd.conf names, under %s', shell => {
  beforeAll(() => {
    makes('ours', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384');
    makes('theirs', '-newkey', 'rsa:2048');
    const line = (name: string, kind: 'cert' | 'key', file: string) => `pki ${name} ${kind} "${at(file)}"\n`;
    const pair = (name: string, cert: string, key = cert) =>
      line(name, 'cert', `${cert}.crt`) + line(name, 'key', `${key}.key`);
    writeFileSync(at('smtpd.conf'), pair('ours', 'ours') + pair('theirs', 'theirs') + pair('mixed', 'ours', 'other'));
  });

  const installed = (): readonly InstalledCertificate[] => {
    const script = CERTIFICATES.command.script.replaceAll('/etc/mail/', `${folder}/`);
    return CERTIFICATES.parse(answer(execFileSync(shell, ['-c', script], { encoding: 'utf8' })));
  };

  it('are read with their keys, which match, do not match or are missing', () => {
    rmSync(at('other.key'), { force: true });
    const read = installed().map(({ name, facts, keyFits }) => [name, facts !== null, keyFits]);
    expect(read).toEqual([
      ['ours', true, true],
      ['theirs', true, true],
      ['mixed', true, null],
    ]);
    makes('fresh', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384');
    copyFileSync(at('fresh.key'), at('other.key'));
    expect(installed()[2]?.keyFits).toBe(false);
    copyFileSync(at('theirs.key'), at('other.key'));
    expect(installed()[2]?.keyFits).toBe(false);
  });
});

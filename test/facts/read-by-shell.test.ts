/** Files that a host's shell reads by itself. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { CERTIFICATES } from '../../src/facts/installed-certificates.ts';
import { LOOKUP_ORDER } from '../../src/facts/lookup-order.ts';
import { MAIL_NAME } from '../../src/facts/mail-name.ts';
import { MAILER } from '../../src/facts/mailer.ts';
import type { Fact } from '../../src/run/fact.ts';
import { pdksh } from '../hosts/shells.ts';

const folder = mkdtempSync(join(tmpdir(), 'mailtun-shell-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(pdksh)('read by %s', shell => {
  beforeEach(() => rmSync(join(folder, 'etc'), { recursive: true, force: true }));

  const file = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const said = ({ command }: Fact<unknown>): string => {
    const script = command.script.replaceAll('/etc/', `${folder}/etc/`);
    // As a function, which it is beside others.
    const { stdout, stderr } = spawnSync(shell, ['-c', `ask() {\n${script}\n}\nask`], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin' },
    });
    expect(stderr).toBe('');
    return stdout;
  };
  const read = <T>(fact: Fact<T>): T =>
    fact.parse({ exit: 0, stdout: Buffer.from(said(fact)), stderr: Buffer.alloc(0) });

  it('the last lookup of resolv.conf', () => {
    expect(read(LOOKUP_ORDER)).toBeNull();
    file('/etc/resolv.conf', 'nameserver 192.0.2.1\nlookup bind\n# lookup yp\n\t lookup  file bind \n');
    expect(read(LOOKUP_ORDER)).toBe('file bind');
    file('/etc/resolv.conf', 'nameserver 192.0.2.1\nlookup file');
    expect(read(LOOKUP_ORDER)).toBe('file');
    file('/etc/resolv.conf', 'nameserver 192.0.2.1\n');
    expect(read(LOOKUP_ORDER)).toBeNull();
  });

  it('the mailer', () => {
    expect(read(MAILER)).toBeNull();
    file('/etc/mailer.conf', '#sendmail /x\n\nsendmail\t/usr/sbin/smtpctl -v\nsend-mail\t/usr/local/bin/other\n');
    expect(read(MAILER)).toBe('/usr/sbin/smtpctl');
    file('/etc/mailer.conf', '# nothing\n');
    expect(read(MAILER)).toBeNull();
  });

  it("smtpd's name", () => {
    const machine = { name: hostname(), from: 'hostname' };
    expect(read(MAIL_NAME)).toEqual(machine);
    const named = (text: string) => {
      file('/etc/mail/mailname', text);
      return read(MAIL_NAME);
    };
    const first = (name: string) => ({ name, from: '/etc/mail/mailname' });
    expect(named('mail.example.com\n')).toEqual(first('mail.example.com'));
    expect(named('mail.example.com')).toEqual(first('mail.example.com'));
    expect(named('a\nb\n')).toEqual(first('a'));
    expect(named('\na\n')).toEqual(first(''));
    expect(named(' a \\b\r\n')).toEqual(first(' a \\b\r'));
    // getmailname() in util.c takes neither for a name.
    expect(named('')).toEqual(machine);
    expect(named(`${'a'.repeat(256)}\n`)).toEqual(machine);
  });

  it('the certificates of smtpd.conf', () => {
    expect(said(CERTIFICATES)).toBe('');
    file('/etc/ssl/a b.crt', '-----BEGIN\n');
    file(
      '/etc/mail/smtpd.conf',
      `# pki x cert "/x"\n  pki mx.example\tcert "${folder}/etc/ssl/a b.crt" # "x"\npki mx.example key "/etc/none"\n` +
        'pki mx.example dhe auto\npki y cert /unquoted\nlisten on all tls pki mx.example cert "z"\npki z cert ""',
    );
    expect(said(CERTIFICATES)).toBe(
      `cert mx.example ${folder}/etc/ssl/a b.crt\n-----BEGIN\nkey mx.example /etc/none\n`,
    );
  });
});

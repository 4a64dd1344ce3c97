import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { render, renderedFiles } from '../../src/commands/render.ts';
import type { Terminal } from '../../src/commands/terminal.ts';
import { acme, article, files, fleetOf } from '../tasks/fleets.ts';

let folder: string;
let said: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'render-'));
  writeFileSync(join(folder, 'inventory.yaml'), article);
  said = '';
});
afterEach(() => rmSync(folder, { recursive: true }));

const terminal = (): Terminal => ({
  out: text => {
    said += text;
  },
  err: () => {},
  interactive: false,
  confirm: async () => false,
  env: {},
  cwd: folder,
});
const out = () => join(folder, 'out');
const run = () => render(join(folder, 'inventory.yaml'), { out: out() }, terminal());
const pathsOf = (text: string) =>
  Object.fromEntries([...renderedFiles(fleetOf(text))].map(([host, wanted]) => [host, wanted.map(one => one.path)]));

describe('render', () => {
  it('writes what provision would install, by host, with the modes', async () => {
    expect(await run()).toBe(0);
    expect(said).toBe(['namorar: 11', 'carinho: 11', 'mimando: 7'].map(line => `${out()}/${line} files\n`).join(''));
    expect(readFileSync(join(out(), 'carinho/etc/hostname.wg0'), 'utf8')).toMatchInlineSnapshot(`
      "# Written by mailtun: what is edited here is replaced by the next run.
      wgport 6900
      !/sbin/ifconfig $if wgkey "$(cat /root/KEY_PRIVATE)"
      wgpeer (WireGuard public key of namorar) wgendpoint 192.0.2.25 6900 wgaip 2001:db8:c1da::2/128 wgpka 15
      inet6 2001:db8:c1da::1 64
      "
    `);
    expect(statSync(join(out(), 'carinho/etc/hostname.wg0')).mode & 0o777).toBe(0o640);
    expect(statSync(join(out(), 'namorar/etc/mail/secrets')).mode & 0o777).toBe(0o640);
  });
  it('names the host in place of values that only hosts can make', async () => {
    await run();
    expect(readFileSync(join(out(), 'namorar/etc/mail/secrets'), 'utf8')).toContain(
      'mailuser\t(password hash of carinho)',
    );
    expect(readFileSync(join(out(), 'mimando/etc/ssl/lanca.pem'), 'utf8')).toContain(
      '(certificate of carinho.lan of carinho)',
    );
  });
  it('replaces its own earlier output completely', async () => {
    await run();
    writeFileSync(join(out(), 'namorar/stale'), '');
    expect(await run()).toBe(0);
    expect(existsSync(join(out(), 'namorar/stale'))).toBe(false);
  });
  it('replaces nothing else there, such as the history of the files', async () => {
    await run();
    mkdirSync(join(out(), '.git'));
    writeFileSync(join(out(), 'notes'), 'mine');
    expect(await run()).toBe(0);
    expect(readdirSync(out()).toSorted()).toEqual([
      '.git',
      '.mailtun-render',
      'carinho',
      'mimando',
      'namorar',
      'notes',
    ]);
  });
  it('removes the files of a host that is no longer in the inventory', async () => {
    await run();
    const inventory = join(folder, 'inventory.yaml');
    writeFileSync(inventory, article.replaceAll('mimando:', 'saudade:'));
    expect(await run()).toBe(0);
    expect(readdirSync(out()).toSorted()).toEqual(['.mailtun-render', 'carinho', 'namorar', 'saudade']);
  });
  it('refuses a folder with other files', async () => {
    const inventory = join(folder, 'inventory.yaml');
    await expect(render(inventory, { out: folder }, terminal())).rejects.toThrow('is not empty');
    expect(readdirSync(folder)).toEqual(['inventory.yaml']);
  });
  it('has these files for each host', () => {
    expect(pathsOf(article)).toMatchInlineSnapshot(`
      {
        "carinho": [
          "/etc/hosts",
          "/etc/hostname.wg0",
          "/etc/pf.mailtun.conf",
          "/etc/pf.conf",
          "/etc/ssl/vpnca.pem",
          "/etc/ssl/lanca.pem",
          "/etc/mail/aliases",
          "/etc/mail/smtpd.conf",
          "/usr/local/libexec/mailtun-watch",
          "/var/cron/tabs/root",
          "/usr/local/libexec/mailtun-start",
        ],
        "mimando": [
          "/etc/hosts",
          "/etc/ssl/lanca.pem",
          "/etc/mail/aliases",
          "/etc/mail/recipients",
          "/etc/mail/smtpd.conf",
          "/usr/local/libexec/mailtun-start",
          "/var/cron/tabs/root",
        ],
        "namorar": [
          "/etc/mail/secrets",
          "/etc/hosts",
          "/etc/hostname.wg0",
          "/etc/pf.mailtun.conf",
          "/etc/pf.conf",
          "/etc/ssl/vpnca.pem",
          "/etc/mail/aliases",
          "/etc/mail/smtpd.conf",
          "/usr/local/libexec/mailtun-watch",
          "/var/cron/tabs/root",
          "/usr/local/libexec/mailtun-start",
        ],
      }
    `);
  });
  it('has those of the web server if certificates come from an authority', () => {
    const [before, after] = [pathsOf(article).namorar ?? [], pathsOf(acme).namorar ?? []];
    expect(after.filter(path => !before.includes(path))).toEqual([
      '/etc/acme-client.conf',
      '/etc/httpd.conf',
      '/usr/local/libexec/mailtun-restart',
    ]);
  });
  it("has the user's own certificates, and never a key", () => {
    const [before, after] = [pathsOf(article).namorar ?? [], pathsOf(files).namorar ?? []];
    expect(after.filter(path => !before.includes(path))).toEqual([
      '/etc/ssl/mailtun.smtp.example.com.crt',
      '/etc/ssl/mailtun.mx1.example.com.crt',
    ]);
  });
});

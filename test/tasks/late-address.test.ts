import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lateAddress } from '../../src/tasks/late-address.ts';
import { world } from '../answers.ts';
import { shells } from '../hosts/shells.ts';
import { article, fleetOf, hostOf } from './fleets.ts';

const fleet = fleetOf(article);
const [script = '', tab = ''] = lateAddress
  .resources(hostOf(fleet, 'mimando'), fleet)
  .flatMap(one => one.wants?.(world()) ?? [])
  .map(one => one.content);

const CONF = `listen on 192.168.6.2 tls-require pki mimando.lan
listen on 2001:db8:6969::2 tls-require pki mimando.lan
listen on socket
`;
const BOTH =
  'em0: flags=8843<UP>\n\tinet 192.168.6.2 netmask 0xffffff00\n\tinet6 fe80::1%em0 prefixlen 64\n\tinet6 2001:db8:6969::2 prefixlen 64\n';
const without4 = BOTH.replace(/\tinet 192.*\n/, '');
const other = BOTH.replace('192.168.6.2 ', '192.168.6.20 ');
const tentative = BOTH.replace('::2 prefixlen 64', '::2 prefixlen 64 tentative');
const duplicated = BOTH.replace('::2 prefixlen 64', '::2 prefixlen 64 duplicated');

it('is run by cron(8) at boot', () => {
  expect(tab).toMatchInlineSnapshot(`
    "# mailtun smtpd at boot: begin
    @reboot	-q /usr/local/libexec/mailtun-start
    # mailtun smtpd at boot: end
    "
  `);
});

describe.each(shells)('smtpd after a boot, under %s', shell => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'late-'));
    for (const name of ['bin', 'looks', 'rc.d']) mkdirSync(join(folder, name));
    set('rc.d/smtpd', '');
    program(
      'rcctl',
      'case $1 in get) exec test ! -e "$root/disabled";; check) exec test -e "$root/running";; start) echo start >>"$root/log"; [ ! -e "$root/refused" ] || { rm -f "$root/rc.d/smtpd"; exit 1; }; touch "$root/rc.d/smtpd" "$root/running";; esac',
    );
    program('ifconfig', 'cat "$root/interfaces"');
    // Each wait ends with what is the case at the next look; after the last one, the script has been removed.
    program(
      'sleep',
      'echo "sleep $1" >>"$root/log"; set -- "$root"/looks/*; [ -e "$1" ] || exec rm -f "$root/script"; . "$1"; rm "$1"',
    );
    set('smtpd.conf', CONF);
    set(
      'script',
      script
        .replace('PATH=', `PATH=${folder}/bin:`)
        .replaceAll('/etc/mail/', `${folder}/`)
        .replaceAll('/var/run/', `${folder}/`),
    );
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const set = (name: string, text: string) => writeFileSync(join(folder, name), text);
  function program(name: string, text: string): void {
    set(`bin/${name}`, `#!/bin/sh\nroot=${folder}\n${text}\n`);
    chmodSync(join(folder, 'bin', name), 0o755);
  }
  /** What it does; each look finds an output of ifconfig, or what a line of shell makes of the host. */
  function doing(...looks: readonly string[]): readonly string[] {
    looks.forEach((look, index) => {
      set(`looks/${100 + index}`, look.includes('flags=') ? `cat >"$root/interfaces" <<'END'\n${look}END\n` : look);
    });
    const { status, stdout, stderr } = spawnSync(shell, [join(folder, 'script')], { encoding: 'utf8' });
    expect({ stdout, stderr, isFailure: (status ?? 99) > 1 }).toEqual({ stdout: '', stderr: '', isFailure: false });
    return readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');
  }

  it.each([
    ['is not started again where it runs', ['touch "$root/running"'], ['sleep 15']],
    ['is not started where it is disabled', ['touch "$root/disabled"'], ['sleep 15']],
    ['is not started where rcctl has stopped it, and cron was started since', ['rm "$root/rc.d/smtpd"'], ['sleep 15']],
    ['is started once where its addresses have come meanwhile', [BOTH], ['sleep 15', 'start', 'sleep 30']],
    [
      'is started when its last address is there',
      [without4, other, BOTH],
      ['sleep 15', 'sleep 5', 'sleep 5', 'start', 'sleep 30'],
    ],
    [
      'is started when no address is tentative',
      [tentative, tentative, BOTH],
      ['sleep 15', 'sleep 5', 'sleep 5', 'start', 'sleep 30'],
    ],
    ['is not started with a duplicated address', [duplicated, duplicated], ['sleep 15', 'sleep 5', 'sleep 5']],
    ['is left alone where somebody else has started it', [without4, 'touch "$root/running"'], ['sleep 15', 'sleep 5']],
  ])('%s', (_, looks, done) => {
    expect(doing(...looks)).toEqual(done);
  });
  it('is started again if it exits, as with an address in the own lines that is not there yet', () => {
    const exits = 'rm "$root/running"';
    const done = ['sleep 15', 'start', 'sleep 30', 'start', 'sleep 30', 'start', 'sleep 30'];
    expect(doing(BOTH, exits, exits, '')).toEqual(done);
  });
  it('is started again at boot if it refuses its files, as with a name that does not resolve yet', () => {
    set('dmesg.boot', '');
    set('refused', '');
    expect(doing(BOTH, '', 'rm "$root/refused"')).toEqual([
      'sleep 15',
      'start',
      'sleep 30',
      'start',
      'sleep 30',
      'start',
      'sleep 30',
    ]);
  });
  it('is not started for ever', () => {
    const exits = 'rm "$root/running"';
    expect(doing(BOTH, ...Array.from({ length: 30 }, () => exits)).filter(one => one === 'start')).toHaveLength(20);
  });
  it('stays stopped if rcctl stops it after that, also at boot', () => {
    set('dmesg.boot', '');
    const stopped = 'rm "$root/running" "$root/rc.d/smtpd"';
    expect(doing(BOTH, stopped, '')).toEqual(['sleep 15', 'start', 'sleep 30']);
  });
  it('is started although it said no at boot, when an interface had no address', () => {
    set('dmesg.boot', '');
    expect(doing('rm "$root/rc.d/smtpd"', BOTH)).toEqual(['sleep 15', 'sleep 5', 'start', 'sleep 30']);
  });
  it('is not started while mailtun works on the host', () => {
    const lock = /find (\S+) -prune/.exec(readFileSync(join(folder, 'script'), 'utf8'))?.[1];
    expect(lock).toContain(folder);
    mkdirSync(lock ?? '', { recursive: true });
    expect(doing(BOTH, `rmdir ${lock}`)).toEqual(['sleep 15', 'sleep 5', 'start', 'sleep 30']);
  });
});

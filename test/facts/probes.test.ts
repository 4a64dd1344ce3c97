import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { ProbeWords } from '../../src/facts/probe.ts';
import { probed } from '../../src/facts/probe-outputs.ts';
import { pdksh } from '../hosts/shells.ts';

const folder = mkdtempSync(join(tmpdir(), 'mailtun-probes-'));
afterAll(() => rmSync(folder, { recursive: true }));

const BOOT = 1_000_000;

// Nothing of the first has come or gone though its endpoint is known; the second answers; of the third no endpoint is known.
const WG = `wg0: flags=80c3<UP,BROADCAST,RUNNING,NOARP,MULTICAST> mtu 1400
	wgpeer AAAA=
		wgendpoint 192.0.2.25 6900
		tx: 0, rx: 0
		wgaip 2001:db8:c1da::9/128
		wgaip 10.0.0.9/32
	wgpeer BBBB=
		wgendpoint 192.0.2.26 6900
		tx: 148, rx: 92
		last handshake: 3 seconds ago
		wgaip 2001:db8:c1da::2/128
	wgpeer CCCC=
		tx: 0, rx: 0
		wgaip 2001:db8:c1da::8/128`;

/** Programs that note their calls and answer as a host would. @param now in seconds since 1970 */
function host(now: number): void {
  const answers = {
    ifconfig: `cat <<'T'\n${WG}\nT`,
    date: `echo ${now}`,
    sysctl: `echo ${BOOT}`,
    hostname: 'echo here.example.com',
    ping: 'case $* in *10.0.0.9) exit 1;; esac',
    ping6: 'case $* in *::9|*::8) exit 1;; esac',
    getent: 'shift; for n; do case $n in unknown*) exit 2;; esac; echo "2001:db8::1    $n"; done',
    route: 'echo "  interface: vio0"',
    tcpdump: 'echo sent',
    timeout: 'shift; case $* in *hanging*) exit 124;; esac; exec "$@"',
    host: 'echo "answer of $*"; case $* in *unknown*) exit 1;; esac',
    nc: 'while read -r line; do case $line in quit*) exit;; esac; done',
  };
  for (const [name, text] of Object.entries(answers)) {
    writeFileSync(join(folder, name), `#!/bin/sh\necho "${name} $*" >>${folder}/calls\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  }
}

beforeEach(() => rmSync(join(folder, 'calls'), { force: true }));

describe.each(pdksh)('the tests of a host, in %s', shell => {
  const tries = (now: number, ...probes: readonly ProbeWords[]): readonly string[] => {
    host(now);
    // Nobody waits for a peer that does not answer.
    return printed('0', probes);
  };
  const printed = (patience: string, probes: readonly ProbeWords[]): readonly string[] => {
    const all = probes.map((words, index) => ({ key: `${index}`, words, read: (text: string) => text }));
    const { command, parse } = probed('wg0', all);
    const args = command.args.map((word, index) => (index === 2 ? patience : word));
    rmSync(join(folder, 'sh'), { force: true });
    symlinkSync(shell, join(folder, 'sh'));
    const { stdout } = execaSync(shell, ['-c', command.script, 'sh', ...args], {
      env: { PATH: `${folder}:${process.env.PATH}` },
    });
    const { said } = parse({ exit: 0, stdout: Buffer.from(stdout), stderr: Buffer.alloc(0) });
    return all.map(one => said(one) ?? '');
  };
  const calls = (name: string): readonly string[] =>
    readFileSync(join(folder, 'calls'), 'utf8')
      .split('\n')
      .filter(call => call.split(' ')[0] === name);
  const ALL: readonly ProbeWords[] = [
    ['reach', '2001:db8:c1da::9'],
    ['reach', '10.0.0.9'],
    ['reach', '2001:db8:c1da::8'],
    ['large', '2001:db8:c1da::8'],
    ['reach', '2001:db8:c1da::2'],
    ['large', '2001:db8:c1da::2'],
    ['wire', '192.0.2.26', '6900', '2001:db8:c1da::2'],
    ['smtp', '10.0.0.9', '', '', '', ''],
  ];

  it('do not wait if nothing has ever come through the tunnel', () => {
    expect(tries(BOOT + 1000, ...ALL)).toEqual([
      'silent\nexit 1',
      'silent\nexit 1',
      'exit 1',
      'exit 1',
      'exit 0',
      'exit 0',
      'exit 0',
      'silent\nexit 1',
    ]);
    expect(readFileSync(join(folder, 'calls'), 'utf8')).toContain('ping6 -n -m -c 1 -w 1 -s 1352 2001:db8:c1da::2\n');
  });

  it('are done nevertheless just after a boot', () => {
    expect(tries(BOOT + 10, ...ALL.slice(0, 2))).toEqual(['exit 1', 'exit 1']);
  });

  it('ask once for what several of them need', () => {
    tries(BOOT + 1000, ...ALL);
    expect(['date', 'sysctl', 'hostname'].map(name => calls(name).length)).toEqual([1, 1, 1]);
    // Before the probes, for a peer that does not answer, and after them all.
    expect(calls('ifconfig').length).toBeLessThanOrEqual(5);
    // One for reach and wire, and one of the largest packet.
    expect(calls('ping6').filter(call => call.endsWith('::2'))).toHaveLength(2);
  });

  it('looks at the wire where a peer does not answer', () => {
    const wire: ProbeWords = ['wire', '192.0.2.27', '6900', '2001:db8:c1da::8'];
    expect(tries(BOOT + 1000, ['reach', '2001:db8:c1da::8'], ['large', '2001:db8:c1da::8'], wire)).toEqual([
      'exit 1',
      'exit 1',
      'sent\nexit 0',
    ]);
    expect(tries(BOOT + 1000, ['reach', '10.0.0.9'], ['wire', '192.0.2.25', '6900', '10.0.0.9'])).toEqual([
      'silent\nexit 1',
      'exit 0',
    ]);
  });

  it('speaks SMTP again where the connection was refused', () => {
    host(BOOT + 10);
    const server = `#!/bin/sh
grep -q first ${folder}/calls || { echo first >>${folder}/calls; echo refused >&2; exit 1; }
echo '220 hi'
while read -r line; do case $line in quit*) echo '221 bye'; exit;; esac; echo '250 ok'; done\n`;
    writeFileSync(join(folder, 'nc'), server);
    expect(printed('6', [['smtp', '192.0.2.25', '', '', '', '', 'a@b.example']])).toEqual([
      'refused\n< 220 hi\n> ehlo here.example.com\n< 250 ok\n> mail from:<>\n< 250 ok\n> rcpt to:<a@b.example>\n< 250 ok\n> quit\n< 221 bye\nexit 0',
    ]);
  });

  it('looks up all records in DNS under one timeout(1)', () => {
    const records: readonly ProbeWords[] = [
      ['dns', 'mx', 'a.example'],
      ['dns', 'txt', 'unknown.example'],
      ['dns', 'ptr', '192.0.2.25'],
    ];
    expect(tries(BOOT, ['names', 'a.example'], ...records)).toEqual([
      '= a.example\n2001:db8::1    a.example\nexit 0',
      'answer of -W 2 -t mx a.example\nexit 0',
      'answer of -W 2 -t txt unknown.example\nexit 1',
      'answer of -W 2 192.0.2.25\nexit 0',
    ]);
    expect(calls('timeout').filter(call => !call.includes('getent'))).toHaveLength(1);
    expect(tries(BOOT, ['dns', 'mx', 'hanging.example'])).toEqual(['exit 124']);
  });

  it('looks up all names at once, and one by one where one is unknown', () => {
    expect(tries(BOOT, ['names', 'a.example', 'b.example'])).toEqual([
      '= a.example\n2001:db8::1    a.example\n= b.example\n2001:db8::1    b.example\nexit 0',
    ]);
    expect(calls('getent')).toEqual(['getent hosts a.example b.example']);
    expect(tries(BOOT, ['names', 'a.example', 'unknown.example', 'b.example'])).toEqual([
      '= a.example\n2001:db8::1    a.example\n= unknown.example\n= b.example\n2001:db8::1    b.example\nexit 0',
    ]);
  });
});

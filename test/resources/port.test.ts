import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parsePortOwners, portOwners } from '../../src/facts/fstat.ts';
import { type DesiredPort, ports } from '../../src/resources/port.ts';
import { script } from '../../src/run/quoting.ts';
import { answer, observing, world } from '../answers.ts';
import { pdksh } from '../hosts/shells.ts';

/** As print_inet_details and print_inet6_details of fstat.c write them. */
const FSTAT = `root     master      1234    5* internet stream tcp 0x0 *:25
root     master      1234    6* internet6 stream tcp 0x0 *:25
root     smtpd       2345    7* internet stream tcp 0x0 127.0.0.1:25
_dns     unbound      345    3* internet dgram udp 192.0.2.25:6900
root     sshd: root   456    4* internet6 stream tcp 0x0 [2001:db8::1]:22
root     sshd         456    4* internet stream tcp 0x0 192.0.2.25:22 <-- 192.0.2.77:4711
root     syslogd      567    5* unix dgram 0x0 /dev/log
`;

const judged =
  (more: Partial<DesiredPort>, text = FSTAT) =>
  () => {
    const [port] = ports('namorar', [
      {
        protocol: 'tcp',
        port: 25,
        purpose: 'smtpd',
        daemon: 'smtpd',
        addresses: ['192.0.2.25'],
        lines: [],
        ...more,
      },
    ]);
    return port?.judge(observing([], { 'who has ports': answer(text) }), world());
  };

describe('the process that has a port', () => {
  it('is read from what fstat prints about listening sockets', () => {
    expect(parsePortOwners(FSTAT).map(one => [one.command, one.protocol, one.family, one.address, one.port])).toEqual([
      ['master', 'tcp', 4, '*', 25],
      ['master', 'tcp', 6, '*', 25],
      ['smtpd', 'tcp', 4, '127.0.0.1', 25],
      ['unbound', 'udp', 4, '192.0.2.25', 6900],
      ['sshd: root', 'tcp', 6, '2001:db8::1', 22],
    ]);
  });
  it('is reported before anything is changed, with its program and its pid', () => {
    expect(judged({})).toThrow('master (pid 1234, user root) has TCP port 25 on *, which smtpd needs');
    expect(judged({ addresses: ['2001:db8::25'] })).toThrow('master (pid 1234');
    expect(judged({ protocol: 'udp', port: 6900, daemon: null, addresses: [], purpose: 'the tunnel (wg0)' })).toThrow(
      'unbound (pid 345, user _dns) has UDP port 6900 on 192.0.2.25, which the tunnel (wg0) needs',
    );
  });
  it('does not matter if it is the daemon itself, or has another address, family or port', () => {
    const others = FSTAT.replaceAll(/^root {5}master.*\n/gm, '');
    expect(judged({}, others)()).toBeNull();
    expect(judged({ addresses: ['127.0.0.1'] }, others)()).toBeNull();
    expect(
      judged({ addresses: ['2001:db8::25'] }, FSTAT.replace(/^.*internet6 stream tcp 0x0 \*:25\n/m, ''))(),
    ).toBeNull();
    expect(judged({ port: 80, daemon: 'httpd', addresses: [] })()).toBeNull();
  });
});

describe.each(pdksh)('who has ports, asked under %s', shell => {
  const folder = mkdtempSync(join(tmpdir(), 'mailtun-ports-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  for (const path of ['etc/mail', 'var/run/rc.d', 'bin']) mkdirSync(join(folder, path), { recursive: true });
  const write = (path: string, text: string): void => writeFileSync(join(folder, path), text);
  write('bin/fstat', `#!/bin/sh\necho 'root     master      1234    5* internet stream tcp 0x0 *:25'\n`);
  chmodSync(join(folder, 'bin/fstat'), 0o755);

  const asks = (more: Readonly<Record<string, string | null>> = {}): boolean => {
    const files = { ...SET_UP, ...more };
    for (const [path, text] of Object.entries(files))
      if (text === null) rmSync(join(folder, path), { force: true });
      else write(path, text);
    const { command } = portOwners('# mailtun', [
      ['/etc/mail/smtpd.conf', 'listen on 192.0.2.25 '],
      ['/etc/hostname.wg0', 'wgport 6900\n'],
    ]);
    const text = script(`asked() {\n${command.script}\n}\n_line='\n'\nasked "$@"`, ...command.args);
    const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
    const moved = text.replaceAll(/\/(etc|var)\//g, `${folder}/$1/`);
    return execFileSync(shell, ['-c', moved], { encoding: 'utf8', env }).includes('master');
  };
  const SET_UP: Readonly<Record<string, string | null>> = {
    'etc/mail/smtpd.conf': '# mailtun wrote this\nlisten on 192.0.2.25 tls\n',
    'etc/hostname.wg0': 'wgport 6900\ninet6 2001:db8::1 64',
    'var/run/rc.d/smtpd': '',
  };

  it.each([
    ['no program is run where all ports are set up', {}, false],
    ['one is where smtpd.conf is of somebody else', { 'etc/mail/smtpd.conf': 'listen on 192.0.2.25 tls\n' }, true],
    ['one is where smtpd.conf is missing', { 'etc/mail/smtpd.conf': null }, true],
    ['one is where smtpd was not started', { 'var/run/rc.d/smtpd': null }, true],
    ['one is where the tunnel gets another port', { 'etc/hostname.wg0': 'wgport 69001\n' }, true],
    ['one is where the tunnel had none', { 'etc/hostname.wg0': null }, true],
    [
      'one is where smtpd gets another address',
      { 'etc/mail/smtpd.conf': '# mailtun\nlisten on 192.0.2.251 tls\n' },
      true,
    ],
  ])('%s', (_, files, asked) => {
    expect(asks(files)).toBe(asked);
  });
});

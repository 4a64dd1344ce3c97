import { describe, expect, it } from 'vitest';
import { parsePortOwners } from '../../src/facts/fstat.ts';
import { port } from '../../src/resources/port.ts';
import { answer, observing, world } from '../answers.ts';

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
  (more: Partial<Parameters<typeof port>[1]>, text = FSTAT) =>
  () =>
    port('namorar', {
      protocol: 'tcp',
      port: 25,
      purpose: 'smtpd',
      daemon: 'smtpd',
      addresses: ['192.0.2.25'],
      ...more,
    }).judge(observing([], { 'who has ports': answer(text) }), world());

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

import { describe, expect, it } from 'vitest';
import { change, type Resource, reason } from '../../src/run/resource.ts';
import { CONF } from '../../src/tasks/in-force.ts';
import { keptRunning } from '../../src/tasks/smtpd-standing.ts';
import { answer, answering, plainFile, world } from '../answers.ts';

const IFCONFIG = `lo0: flags=8049<UP,LOOPBACK,RUNNING,MULTICAST> mtu 32768
	index 3 priority 0 llprio 3
	inet6 ::1 prefixlen 128
	inet6 fe80::1%lo0 prefixlen 64 scopeid 0x3
	inet 127.0.0.1 netmask 0xff000000
wg0: flags=80c3<UP,BROADCAST,RUNNING,NOARP,MULTICAST> mtu 1420
	inet 10.1.2.20 netmask 0xffffff00 broadcast 10.1.2.255
	inet6 fd00:6d74::20 prefixlen 64
`;
const STARTS = [
  'listen on 10.1.2.20 tls-require pki vpn\n',
  '\tlisten  on fd00:6d74::20 port 25\n',
  'listen on 127.0.0.1 port 25 mask-src no-dsn\nlisten on ::1\n',
  'listen on socket\nlisten on bce0 port 25\nlisten on lo0\nlisten on mail.example.com\n',
  'listen on 0.0.0.0\nlisten on ::\n',
  '# listen on 10.9.9.9\nmatch from src 10.9.9.9 for any action "x"\n',
  '',
];
const GONE = [
  ['10.1.2.2', 'listen on socket\nlisten on 10.1.2.2 tls-require pki vpn\n'],
  ['10.1.2.200', 'listen on 10.1.2.20\n  listen on 10.1.2.200\n'],
  ['fd00:6d74::2', 'listen on fd00:6d74::2 port 25\n'],
] as const;
const says = (address: string): string =>
  `smtpd is not started again: its smtpd.conf, which waits for another host, listens on ${address}, which no interface has`;

describe('the service smtpd of a host whose smtpd.conf waits', () => {
  const due = change('service smtpd', reason('service-stale', 'started before it changed'), []);
  const service: Resource = { id: due.resource, questions: [], judge: () => due };
  const judged = (conf: string) => {
    const { questions, judge, notes } = keptRunning(service);
    const observed = answering(questions, [plainFile(CONF, conf)], { 'ifconfig -A': answer(IFCONFIG) });
    return [judge(observed, world()), notes?.(observed)];
  };

  it.each(STARTS)('is started again with %j', conf => expect(judged(conf)).toEqual([due, []]));
  it.each(GONE)('is left alone without %s', (address, conf) => expect(judged(conf)).toEqual([null, [says(address)]]));
});

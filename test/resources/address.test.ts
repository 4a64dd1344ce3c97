import { describe, expect, it } from 'vitest';
import { address } from '../../src/resources/address.ts';
import { answer, observing, world } from '../answers.ts';

const judged = (ifconfig: string) =>
  address('namorar', '192.0.2.25', 'mx2.example.com', () => 'add it').judge(
    observing([], { 'ifconfig -A': answer(ifconfig) }),
    world(),
  );
const vio0 = (domain: string) =>
  `vio0: flags=8843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST>${domain} mtu 1500\n\tinet 192.0.2.25 netmask 0xffffff00\n`;

describe('an address that smtpd listens on', () => {
  it('is on an interface', () => expect(judged(vio0(''))).toBeNull());
  it('that is on none is refused', () => {
    expect(() => judged('')).toThrow('192.0.2.25 (mx2.example.com) is not on any of its interfaces');
  });
  it('that is in another routing domain is refused', () => {
    expect(() => judged(vio0(' rdomain 1'))).toThrow(
      'is on an interface in routing domain 1, where smtpd does not run',
    );
  });
  it('that another machine in its network has is refused, for bind(2) fails', () => {
    const lan = '\tinet6 2001:db8::25 prefixlen 64';
    const on = (flags: string) =>
      address('namorar', '2001:db8::25', 'lan', () => 'add it').judge(
        observing([], { 'ifconfig -A': answer(`${vio0('')}${lan}${flags}\n`) }),
        world(),
      );
    expect(on('')).toBeNull();
    expect(() => on(' duplicated')).toThrow('is also the address of another machine');
  });
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAddresses, parseInterfaces } from '../../../src/facts/ifconfig.ts';
import { labCalled } from '../driver/on-host.ts';

const lab = labCalled('temporary');

beforeAll(lab.up);
afterAll(lab.down);

// What slaacd(8) does with a router's advertisement: an address that stays, and one that is another one tomorrow.
const ADVERTISED = `echo 2 >/proc/sys/net/ipv6/conf/vio1/use_tempaddr
/.lab/usr/bin/ip addr add 2001:db8:6969:0:5054:ff:fe00:69/64 dev vio1 valid_lft 86400 preferred_lft 43200 mngtmpaddr
sleep 2`;

test('a host with SLAAC has a temporary address and connects from it, and mailtun does not use it', async () => {
  await lab.must('mimando', ADVERTISED);
  const shown = await lab.must('mimando', 'ifconfig vio1');
  expect(shown).toMatch(/^\tinet6 2001:db8:6969:0:5054:ff:fe00:69 prefixlen 64 autoconf pltime \d+ vltime \d+$/m);
  const [, temporary] = /^\tinet6 (\S+) prefixlen 64 autoconf temporary pltime \d+ vltime \d+$/m.exec(shown) ?? [];
  expect(temporary).toBeDefined();
  // As in6_ifawithscope() of in6.c chooses: before the address that the inventory has.
  expect(await lab.must('mimando', '/.lab/usr/bin/ip -6 route get 2001:db8:6969::1')).toContain(` src ${temporary} `);
  expect(parseAddresses(shown).map(one => one.address)).toContain(temporary);
  const lasting = parseInterfaces(shown).flatMap(one => one.addresses.map(at => at.address));
  expect(lasting).toContain('2001:db8:6969::2');
  expect(lasting).not.toContain(temporary);
});

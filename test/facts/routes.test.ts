import { expect, test } from 'vitest';
import { parseRoutes } from '../../src/facts/routes.ts';

test('routes are read with their length and their complete address', () => {
  const text = `Routing tables

Internet:
Destination        Gateway            Flags   Refs      Use   Mtu  Prio Iface
default            192.0.2.1          UGS        5     4401     -     8 vio0
224/4              127.0.0.1          URS        0        0 32768     8 lo0
192.168.1/24       10.6.9.10          UGS        0        7     -     8 wg0
192.168.7.9        10.6.9.11          UGHS       0        7     -     8 wg0

Internet6:
Destination                                 Gateway                                 Flags   Refs      Use   Mtu  Prio Iface
2001:db8:6969::2                            2001:db8:c1da::1                        UGHS       0        2     -     8 wg0
fd00:1::/64                                 2001:db8:c1da::1                        UGS        0        2     -     8 wg0
`;
  expect(parseRoutes(text).map(one => `${one.prefix} ${one.gateway} ${one.interface}`)).toEqual([
    '224.0.0.0/4 127.0.0.1 lo0',
    '192.168.1.0/24 10.6.9.10 wg0',
    '192.168.7.9/32 10.6.9.11 wg0',
    '2001:db8:6969::2/128 2001:db8:c1da::1 wg0',
    'fd00:1::/64 2001:db8:c1da::1 wg0',
  ]);
});

import { describe, expect, it } from 'vitest';
import { OWN_TUNNELS } from '../../src/resources/former-tunnels.ts';
import { foreignInterface, lostByTakingOver } from '../../src/resources/wg-in-use.ts';
import { absent, answer, observing, plainFile } from '../answers.ts';

const KEYS = ['WITRnkVAx6i5Rc+ogLIqz8ZNGvKQr/qQ6Fy0kvTzfHI=', 'NW5l2q2MArV5ZXpVXSZwBOyqhohOf8ImDgUB+jPtJps='];
const desired = { port: 6900, address: '2001:db8:c1da::2', prefixLength: 64, far: ['2001:db8:c1da::1'] };
const OWN = `wg0: flags=80c3<UP,BROADCAST,RUNNING,NOARP,MULTICAST> mtu 1420
\tindex 6 priority 0 llprio 3
\twgport 51820
\twgpubkey NW5l2q2MArV5ZXpVXSZwBOyqhohOf8ImDgUB+jPtJps=
\twgpeer ${KEYS[0]}
\t\ttx: 30456, rx: 20112
\t\twgaip 10.8.0.2/32
\twgpeer ${KEYS[1]}
\t\ttx: 0, rx: 0
\t\twgaip 10.8.0.3/32
\t\twgaip 192.168.7.0/24
\tgroups: wg
\tinet 10.8.0.1 netmask 0xffffff00
`;
const lost = (text: string) => lostByTakingOver('wg0', desired, observing([], { 'ifconfig -A': answer(text) }));

describe('a wg interface that serves something else', () => {
  it('is reported with its peers, addresses and port, and with a free interface', () => {
    expect(lost(OWN)).toBe(
      `wg0 would lose peer ${KEYS[0]} (10.8.0.2/32), peer ${KEYS[1]} (10.8.0.3/32, 192.168.7.0/24), address 10.8.0.1/24, port 51820; tunnel: { interface: wg1 } in the inventory avoids this`,
    );
  });
  it('is told with the routing table of its packets', () => {
    expect(lost(OWN.replace('\twgpubkey', '\twgrtable 1\n\twgpubkey'))).toContain('wgrtable 1, port 51820;');
  });
  it('has the next free number in the remedy', () => {
    expect(lost(`${OWN}wg1: flags=8082<BROADCAST,NOARP,MULTICAST> mtu 1420\n`)).toContain('interface: wg2 }');
  });
  it.each([
    ['there is none', 'lo0: flags=8049<UP,LOOPBACK,RUNNING,MULTICAST> mtu 32768\n'],
    ['it has no peers', OWN.replace(/\twgpeer[\s\S]*?\tgroups/, '\tgroups')],
    ['its peers are the far ends, set up by hand', OWN.replaceAll(/\t\twgaip .*/g, '\t\twgaip 2001:db8:c1da::1/128')],
  ])('is not in use if %s', (_, text) => expect(lost(text)).toBeNull());
});

describe('--take-over for it', () => {
  const foreign = (text: string, file: string | null, own = '') =>
    foreignInterface(
      'wg0',
      desired,
      observing([file === null ? absent('/etc/hostname.wg0') : plainFile('/etc/hostname.wg0', file)], {
        'ifconfig -A': answer(text),
        [OWN_TUNNELS.name]: answer(own),
      }),
    );
  it('is needed if no file of mailtun made it, also if there is no file, as with wg-quick', () => {
    expect(foreign(OWN, null)).toBe('the running wg0');
    expect(foreign(OWN, 'wgport 51820\n')).toBe('the running wg0');
  });
  it('is not needed if mailtun made it, or it serves only the far ends', () => {
    expect(foreign(OWN, '# Written by mailtun: x\nwgport 6900\n')).toBeNull();
    expect(foreign(OWN.replaceAll(/\t\twgaip .*/g, '\t\twgaip 2001:db8:c1da::1/128'), null)).toBeNull();
  });
  it('is not needed if a run of mailtun made it and died before it wrote its file', () =>
    expect(foreign(OWN, null, 'wg0\n')).toBeNull());
});

/** Where each sequence of edits begins: the article's three machines, and a fourth one that may join in any role. */
import type { Draft, DraftHost, Role } from '../../lab/scenarios/edits.ts';
import { fitted } from '../../lab/scenarios/edits-fitting.ts';

const lan = { name: 'saudade.lan', address: '2001:db8:6969::3' };
const tunnel = { name: 'vpn2.example.com', address: '2001:db8:c1da::3' };

/** What the fourth one is called in each role. */
const SPARE: Readonly<Record<Role, DraftHost>> = {
  relay: {
    role: 'relay',
    ssh: 'saudade',
    endpoint: '192.0.2.26',
    tunnel,
    mx: [{ name: 'mx3.example.com', address: '192.0.2.26' }],
    outbound: { name: 'smtp2.example.com', addresses: ['192.0.2.26'] },
  },
  gateway: { role: 'gateway', ssh: 'saudade', lan, tunnel },
  workstation: { role: 'workstation', ssh: 'saudade', lan },
};

const HOSTS: Readonly<Record<string, DraftHost>> = {
  namorar: {
    role: 'relay',
    ssh: 'namorar',
    endpoint: '192.0.2.25',
    tunnel: { name: 'vpn1.example.com', address: '2001:db8:c1da::2' },
    mx: [
      { name: 'mx1.example.com', address: '2001:db8:1234:1234::6969' },
      { name: 'mx2.example.com', address: '192.0.2.25' },
    ],
    outbound: { name: 'smtp.example.com', addresses: ['2001:db8:1234:1234::b17e', '192.0.2.25'] },
  },
  carinho: {
    role: 'gateway',
    ssh: 'carinho',
    tunnel: { name: 'vpn0.example.com', address: '2001:db8:c1da::1' },
    lan: { name: 'carinho.lan', address: '2001:db8:6969::1' },
  },
  mimando: { role: 'workstation', ssh: 'mimando', lan: { name: 'mimando.lan', address: '2001:db8:6969::2' } },
};

/** The first inventory. */
export const START: Draft = fitted({
  domain: ['example.com'],
  tunnel: { interface: 'wg0', port: 6900, preshared_key: false, mtu: 1420, keepalive: 15 },
  mail: { recipients: { test: 'jay', postmaster: 'jay' }, credentials: { user: 'mailuser' }, tls: true },
  hosts: HOSTS,
  spare: SPARE,
  lans: { carinho: ['2001:db8:6969::1'], mimando: ['2001:db8:6969::2'], saudade: ['2001:db8:6969::3'] },
});

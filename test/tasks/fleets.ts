/** Inventories that the tests of tasks speak of, each as people would write it. */
import { readFileSync } from 'node:fs';
import type { Fleet, Host } from '../../src/hosts/fleet.ts';
import { readInventory } from '../../src/hosts/inventory.ts';

const file = (name: string): string => readFileSync(new URL(`../../inventory/${name}.yaml`, import.meta.url), 'utf8');

/** The article's three machines. */
export const article = file('example');
export const singleMachine = file('single-machine');
/** Two relays, two gateways, two workstations. */
export const several = file('several');

/** The article's, with one thing said differently. */
export function articleWith(what: string | RegExp, instead: string): string {
  const text = article.replace(what, instead);
  if (text === article) throw new Error(`the example has no ${what}`);
  return text;
}

export const acme = articleWith(
  'certificates: self_signed',
  'certificates: { acme: { contact: hostmaster@example.com } }',
);
export const files = articleWith(
  'certificates: self_signed',
  'certificates: { files: { mx1.example.com: { cert: mx1.pem, key: mx1.key }, smtp.example.com: { cert: smtp.pem, key: smtp.key } } }',
);
export const tlsOff = articleWith('# tls: off ', 'tls: off #');
export const bouncesSent = articleWith('bounces: drop ', 'bounces: { mode: send, warn_intervals: [4h, 1d] } #');
export const filterOff = articleWith('# packet_filter: off', 'packet_filter: off');
export const ownMailRules = articleWith('# packet_filter: { mx', 'packet_filter: { mx');
export const fixedPort = articleWith('# packet_filter: { fixed', 'packet_filter: { fixed');

const secondRelay = `
  saudade:
    role: relay
    ssh: saudade.example.com
    endpoint: 198.51.100.25
    tunnel: { name: vpn2.example.com, address: 2001:db8:c1da::3 }
    mx:
      - { name: mx3.example.com, address: 198.51.100.25 }
    outbound: { name: smtp2.example.com, addresses: [198.51.100.25] }
`;
export const twoRelays = `${article}${secondRelay}`;

export const twoGateways = `
domain: [example.com, example.org]
mail:
  recipients: { test@example.com: jay@carinho, postmaster@example.com: jay@carinho, ana@example.org: ana@desk, postmaster@example.org: ana@desk }
hosts:
  namorar:
    role: relay
    ssh: namorar.example.com
    endpoint: 192.0.2.25
    tunnel: { name: vpn1.example.com, address: 10.6.9.2 }
    mx: [{ name: mx1.example.com, address: 192.0.2.25 }]
    outbound: { name: smtp.example.com, addresses: [192.0.2.25] }
  carinho:
    role: gateway
    ssh: carinho.lan
    tunnel: { name: vpn0.example.com, address: 10.6.9.1 }
    domains: example.com
  lar:
    role: gateway
    ssh: lar.lan
    tunnel: { name: vpn0.example.org, address: 10.6.9.3 }
    lan: { name: lar.lan, address: 10.0.0.1 }
    domains: example.org
  desk:
    role: workstation
    ssh: desk.lan
    lan: { name: desk.lan, address: 10.0.0.2 }
    gateway: lar
`;

export const severalStations = article
  .replace(
    'recipients: { test: jay, postmaster: jay }',
    'recipients: { test: jay@mimando, ana: ana@desk, postmaster: jay@mimando }',
  )
  .concat(`
  desk:
    role: workstation
    ssh: desk.lan
    lan: { name: desk.lan, address: 2001:db8:6969::3 }
`);

/** A second workstation that sends mail and gets none. */
export const sendingStation = severalStations.replace('ana: ana@desk, ', '');

export const fleetOf = (text: string): Fleet => readInventory('inventory.yaml', text);

export function hostOf(fleet: Fleet, name: string): Host {
  const host = fleet.hosts.find(candidate => candidate.name === name);
  if (!host) throw new Error(`there is no ${name}`);
  return host;
}

/** Inventories of more than the article's three hosts, with saudade, the lab's fourth, in a role of its own in each. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

type Name = 'namorar' | 'carinho' | 'mimando' | 'saudade';

/** Last byte of the address by which a host is managed. */
const MANAGEMENT: Readonly<Record<Name, number>> = { namorar: 25, carinho: 77, mimando: 69, saudade: 26 };

/** The way to a host of a lab that is up. */
export function sshOf(lab: string, name: Name): string {
  const state = `/var/tmp/mailtun-lab/${lab}`;
  const number = readFileSync(`${state}/number`, 'utf8').trim();
  const [, key = ''] = readFileSync(new URL(`../machine/keys/${name}.pub`, import.meta.url), 'utf8').split(' ');
  const sum = createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64').replace(/=+$/, '');
  return `{ host: 198.18.${number}.${MANAGEMENT[name]}, user: root, identity_file: ${state}/client_key, host_key: "SHA256:${sum}" }`;
}

const namorar = (lab: string, tunnel: string): string => `
  namorar:
    role: relay
    ssh: ${sshOf(lab, 'namorar')}
    endpoint: 192.0.2.25
    tunnel: { name: vpn1.example.com, address: "${tunnel}" }
    mx:
      - { name: mx1.example.com, address: "2001:db8:1234:1234::6969" }
      - { name: mx2.example.com, address: 192.0.2.25 }
    outbound: { name: smtp.example.com, addresses: ["2001:db8:1234:1234::b17e", 192.0.2.25] }`;

const carinho = (lab: string, tunnel: string): string => `
  carinho:
    role: gateway
    ssh: ${sshOf(lab, 'carinho')}
    tunnel: { name: vpn0.example.com, address: "${tunnel}" }
    lan: { name: carinho.lan, address: "2001:db8:6969::1" }`;

const mimando = (lab: string): string => `
  mimando:
    role: workstation
    ssh: ${sshOf(lab, 'mimando')}
    lan: { name: mimando.lan, address: "2001:db8:6969::2" }`;

/** saudade is a second workstation: recipients say where. */
export const severalStations = (lab: string): string => `
domain: example.com
mail:
  recipients: { test: jay@mimando, ana: jay@saudade, postmaster: jay@mimando }
hosts:${namorar(lab, '2001:db8:c1da::2')}${carinho(lab, '2001:db8:c1da::1')}${mimando(lab)}
  saudade:
    role: workstation
    ssh: ${sshOf(lab, 'saudade')}
    lan: { name: saudade.lan, address: "2001:db8:6969::3" }
`;

/** saudade is a second gateway, with a domain of its own and no workstation; the tunnel is IPv4. */
export const twoGateways = (lab: string): string => `
domain: [example.com, example.org]
mail:
  recipients: { test: jay@mimando, postmaster@example.com: jay@mimando, ana: jay@saudade, postmaster@example.org: jay@saudade }
hosts:${namorar(lab, '10.6.9.2')}${carinho(lab, '10.6.9.1')}
    domains: example.com${mimando(lab)}
    gateway: carinho
  saudade:
    role: gateway
    ssh: ${sshOf(lab, 'saudade')}
    tunnel: { name: vpn0.example.org, address: 10.6.9.3 }
    domains: example.org
`;

/** saudade is a second relay, with an MX of its own: example.net comes by both. */
export const twoRelays = (lab: string): string => `
domain: example.net
mail:
  recipients: { test: jay, postmaster: jay }
hosts:${namorar(lab, '2001:db8:c1da::2')}
  saudade:
    role: relay
    ssh: ${sshOf(lab, 'saudade')}
    endpoint: 192.0.2.26
    tunnel: { name: vpn2.example.com, address: "2001:db8:c1da::3" }
    mx:
      - { name: mx3.example.com, address: 192.0.2.26 }
    outbound: { name: smtp2.example.com, addresses: [192.0.2.26] }${carinho(lab, '2001:db8:c1da::1')}${mimando(lab)}
`;

const DOMAINS = '\n    domains: example.com';

/** saudade takes carinho's place as the gateway: the inventories before, meanwhile, after, and while carinho comes back. */
export function gatewayMoved(lab: string) {
  const text = (recipient: string, hosts: string): string => `
domain: example.com
mail:
  recipients: { test: ${recipient}, postmaster: ${recipient} }
hosts:${namorar(lab, '2001:db8:c1da::2')}${hosts}
`;
  const [old, station] = [carinho(lab, '2001:db8:c1da::1'), mimando(lab)];
  const next = `
  saudade:
    role: gateway
    ssh: ${sshOf(lab, 'saudade')}
    tunnel: { name: vpn3.example.com, address: "2001:db8:c1da::3" }
    lan: { name: saudade.lan, address: "2001:db8:6969::3" }${DOMAINS}`;
  return {
    before: text('jay', `${old}${station}`),
    both: text('jay@mimando', `${old}\n    retiring: true${next}${station}\n    gateway: saudade`),
    after: text('jay', `${next}${station}`),
    back: text(
      'jay@mimando',
      `${old}${DOMAINS}${next.replace(DOMAINS, '')}\n    retiring: true${station}\n    gateway: carinho`,
    ),
  };
}

/** Two gateways, carinho and saudade, and a workstation that is behind the one or the other with a domain that goes with it. */
export function stationMoved(lab: string) {
  const gateway = (name: 'carinho' | 'saudade', n: number, domains: readonly string[]): string => `
  ${name}:
    role: gateway
    ssh: ${sshOf(lab, name)}
    tunnel: { name: vpn0.example.${n === 1 ? 'com' : 'org'}, address: 10.6.9.${n} }
    lan: { name: ${name}.lan, address: "2001:db8:6969::${n}" }
    domains: [${domains.join(', ')}]`;
  const text = (owner: 'carinho' | 'saudade', at: { readonly net: string; readonly org: string }): string => `
domain: [example.com, example.net, example.org]
mail:
  tls: false
  recipients: { test@example.com: jay@mimando, postmaster@example.com: jay@mimando, postmaster@example.net: jay@${at.net}, postmaster@example.org: jay@${at.org} }
hosts:${namorar(lab, '10.6.9.2')}${gateway('carinho', 1, [...(owner === 'carinho' ? ['example.com'] : []), 'example.net'])}${gateway('saudade', 3, [...(owner === 'saudade' ? ['example.com'] : []), 'example.org'])}${mimando(lab)}
    gateway: ${owner}
`;
  return {
    near: text('carinho', { net: 'mimando', org: 'saudade' }),
    far: text('saudade', { net: 'carinho', org: 'mimando' }),
  };
}

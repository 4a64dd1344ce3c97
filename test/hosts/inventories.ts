import { InventoryErrors } from '../../src/hosts/inventory/errors.ts';
import { readInventory } from '../../src/hosts/inventory.ts';

/** The article's set-up on few lines, so that a change of one value is one replacement. */
export const article = `domain: example.com
tunnel: { interface: wg0, port: 6900, keepalive: 15, preshared_key: false }
mail:
  recipients: { test: jay, postmaster: jay }
  credentials: { user: mailuser }
  queue_ttl: 20d
  bounces: drop
  maildir: maildir/in
hosts:
  namorar:
    role: relay
    ssh: namorar.example.com
    endpoint: 192.0.2.25
    tunnel: { name: vpn1.example.com, address: 2001:db8:c1da::2 }
    mx: [{ name: mx1.example.com, address: 2001:db8:1234:1234::6969 }, { name: mx2.example.com, address: 192.0.2.25 }]
    outbound: { name: smtp.example.com, addresses: [2001:db8:1234:1234::b17e, 192.0.2.25] }
    certificates: self_signed
  carinho:
    role: gateway
    ssh: carinho.lan
    tunnel: { name: vpn0.example.com, address: 2001:db8:c1da::1 }
    lan: { name: carinho.lan, address: 2001:db8:6969::1 }
  mimando:
    role: workstation
    ssh: { host: mimando.lan, jump: carinho }
    lan: { name: mimando.lan, address: 2001:db8:6969::2 }
`;

/** Two relays, two gateways with a domain each, one of them with two workstations and one with none; over IPv4. */
export const many = `domain: [example.com, example.org]
mail:
  recipients: { postmaster: jay@mimando, ana: ana@desk, kim: kim@casa, postmaster@example.org: kim@casa }
hosts:
  namorar:
    role: relay
    ssh: namorar.example.com
    endpoint: 192.0.2.25
    tunnel: { name: vpn1.example.com, address: 10.6.9.1 }
    mx: [{ name: mx1.example.com, address: 192.0.2.25 }]
    outbound: { name: smtp1.example.com, addresses: [192.0.2.25] }
  segundo:
    role: relay
    ssh: segundo.example.com
    endpoint: 192.0.2.99
    tunnel: { name: vpn2.example.com, address: 10.6.9.2 }
    mx: [{ name: mx2.example.com, address: 192.0.2.99 }]
    outbound: { name: smtp2.example.com, addresses: [192.0.2.99] }
  carinho:
    role: gateway
    ssh: carinho.lan
    domains: example.com
    tunnel: { name: vpn0.example.com, address: 10.6.9.10 }
    lan: { name: carinho.lan, address: 192.168.1.1 }
  casa:
    role: gateway
    ssh: casa.lan
    domains: [example.org]
    tunnel: { name: vpn3.example.com, address: 10.6.9.11 }
  mimando:
    role: workstation
    ssh: mimando.lan
    gateway: carinho
    lan: { name: mimando.lan, address: 192.168.1.2 }
  desk:
    role: workstation
    ssh: desk.lan
    gateway: carinho
    lan: { name: desk.lan, address: 192.168.1.3 }
`;

/** One value for another; a text in which it does not stand is a mistake of the test. */
export function edited(text: string, ...edits: readonly (readonly [from: string | RegExp, to: string])[]): string {
  return edits.reduce((before, [from, to]) => {
    const after = before.replace(from, () => to);
    if (after === before) throw new Error(`nothing to replace: ${from}`);
    return after;
  }, text);
}

/** What is changed in an inventory that was right, and every line of what is said then. */
export interface Bad {
  readonly wrong: string;
  readonly edits: readonly (readonly [from: string | RegExp, to: string])[];
  readonly says: readonly string[];
}

/** The lines that reading a text fails with. */
export function complaints(text: string): string[] {
  try {
    readInventory('inventory.yaml', text);
  } catch (error) {
    if (error instanceof InventoryErrors) return error.message.split('\n');
    throw error;
  }
  throw new Error('the inventory was accepted');
}

/** The same hosts as other inventories want them, and back again. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Document, parseDocument } from 'yaml';
import { type Fleet, gatewaysOf, relaysOf, workstationsOf } from '../../src/hosts/fleet.ts';
import { check, NotHere } from './checks.ts';
import { onHost, readFleet } from './hosts.ts';
import { converged, mailFlows, provisioned } from './runs.ts';

interface Variant {
  readonly title: string;
  /** Changes the inventory. @throws NotHere where these hosts can't have it. */
  readonly change: (inventory: Document, fleet: Fleet, beside: (name: string, text: string) => string) => void;
}

const VARIANTS: readonly Variant[] = [
  {
    title: 'a preshared key',
    change: (inventory, fleet) => {
      if (fleet.tunnel.presharedKey) throw new NotHere('the inventory has it already');
      inventory.setIn(['tunnel', 'preshared_key'], true);
    },
  },
  {
    title: 'a tunnel of IPv4 addresses',
    change: (inventory, fleet) => {
      const ends = fleet.hosts.filter(host => host.role !== 'workstation');
      if (ends.some(end => !end.tunnel.address.includes(':'))) throw new NotHere('the inventory has one already');
      for (const [index, end] of ends.entries())
        inventory.setIn(['hosts', end.name, 'tunnel', 'address'], `10.112.69.${index + 1}`);
    },
  },
  {
    title: 'another interface',
    change: (inventory, fleet) => {
      const free = ['wg1', 'wg2', 'wg3'].find(
        name =>
          name !== fleet.tunnel.interface &&
          fleet.hosts.every(host => onHost(fleet, host.name, `ifconfig ${name}`).exit !== 0),
      );
      if (free === undefined) throw new NotHere('wg1 to wg3 are all in use');
      inventory.setIn(['tunnel', 'interface'], free);
    },
  },
  {
    title: 'plain SMTP inside the tunnel',
    change: (inventory, fleet) => {
      if (!fleet.mail.tls) throw new NotHere('the inventory has it already');
      inventory.setIn(['mail', 'tls'], false);
    },
  },
  {
    title: 'a single machine at home',
    change: (inventory, fleet) => {
      const stations = gatewaysOf(fleet).flatMap(gateway => workstationsOf(fleet, gateway));
      if (stations.length === 0) throw new NotHere('the inventory has no workstation');
      if (gatewaysOf(fleet).length > 1) throw new NotHere('the inventory has several gateways');
      const [gateway] = gatewaysOf(fleet);
      for (const { login } of fleet.mail.recipients)
        if (onHost(fleet, gateway?.name ?? '', `id ${login}`).exit !== 0)
          throw new NotHere(`${gateway?.name} has no user ${login}`);
      for (const station of stations) inventory.deleteIn(['hosts', station.name]);
    },
  },
  {
    title: 'certificates from files',
    change: (inventory, fleet, beside) => {
      for (const relay of relaysOf(fleet)) {
        if (relay.certificates.kind !== 'self_signed')
          throw new NotHere(`${relay.name} has others than self-signed ones`);
        for (const name of new Set([...relay.mx.map(mx => mx.name), relay.outbound.name])) {
          const read = (ending: string): string =>
            beside(`${name}.${ending}`, onHost(fleet, relay.name, `cat /etc/ssl/private/${name}.${ending}`).stdout);
          const files = ['hosts', relay.name, 'certificates', 'files', name];
          inventory.setIn(files, { cert: read('ssc'), key: read('key') });
        }
      }
    },
  },
];

/** Each variant is provisioned, proven by a mail, and taken back; it lies beside the inventory meanwhile. */
export async function runVariants(fleet: Fleet, path: string): Promise<void> {
  for (const { title, change } of VARIANTS) {
    const written: string[] = [];
    const beside = (name: string, text: string): string => {
      const at = join(dirname(path), `.accept-${process.pid}-${name}`);
      writeFileSync(at, text, { mode: 0o600 });
      written.push(at);
      return at;
    };
    await check(`${title}: provisioned, converged, mail comes in`, () => {
      const inventory = parseDocument(readFileSync(path, 'utf8'));
      change(inventory, fleet, beside);
      const other = beside(basename(path), String(inventory));
      readFleet(other);
      try {
        provisioned(other, 0, '--take-over');
        converged(other);
        mailFlows(other);
      } finally {
        provisioned(path, 0, '--take-over');
      }
      converged(path);
      mailFlows(path);
    });
    for (const at of written) rmSync(at);
  }
}

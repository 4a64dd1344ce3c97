import { dirname, isAbsolute, join } from 'node:path';
import type { Fleet, Host } from '../fleet.ts';
import { namedFrom, tunnelEndFrom } from './ends-schema.ts';
import { anyHostFrom } from './host-schema.ts';
import { mailFrom } from './mail-schema.ts';
import { packetFilterFrom } from './packet-filter-schema.ts';
import { passFrom } from './pass-ends.ts';
import { recipientsOf } from './recipients.ts';
import { relayFrom } from './relay-schema.ts';
import type { Inventory } from './schema.ts';
import type { Site } from './site.ts';
import { tunnelFrom } from './tunnel-schema.ts';

/** Where a file named in the inventory lies: `~/` is `home`, anything relative is beside the inventory. */
type Locate = (path: string) => string;

/**
 * What a checked inventory means; `site` was made of it.
 * @param file path of the inventory; `home` that of the user who runs mailtun
 */
export function fleetFrom(inventory: Inventory, site: Site, file: string, home: string): Fleet {
  const locate: Locate = path => {
    if (path === '~' || path.startsWith('~/')) return join(home, path.slice(1));
    return isAbsolute(path) ? path : join(dirname(file), path);
  };
  const packetFilter = packetFilterFrom(inventory.packet_filter);
  return {
    path: file,
    domains: site.domains,
    tunnel: tunnelFrom(inventory.tunnel),
    mail: { ...mailFrom(inventory.mail, locate), recipients: recipientsOf(site, () => {}) },
    packetFilter: { ...packetFilter, pass: passFrom(site, packetFilter.pass) },
    hosts: Object.entries(inventory.hosts).map(([name, host]) => hostFrom(site, name, host, locate)),
  };
}

function hostFrom(site: Site, name: string, host: Inventory['hosts'][string], locate: Locate): Host {
  const { role } = host;
  const common = anyHostFrom(name, host, locate);
  switch (role) {
    case 'relay':
      return { role, ...common, ...relayFrom(host, locate) };
    case 'gateway': {
      const lan = host.lan === undefined ? null : namedFrom(host.lan);
      return { role, ...common, tunnel: tunnelEndFrom(host.tunnel), lan, domains: site.served.get(name) ?? [] };
    }
    case 'workstation':
      return { role, ...common, lan: namedFrom(host.lan), gateway: site.gatewayOf.get(name) ?? '' };
  }
}

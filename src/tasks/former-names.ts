/** Whom the names in a host's smtpd.conf(5) mean, also those that the inventory has by other names now. Pure. */
import { shortAddress } from '../hosts/addresses.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';

/** What hosts(5) says of a name. */
export type AddressOf = (name: string) => string | undefined;

/** The lines of a hosts(5): an address, then its names. The first one that has a name counts. */
export function addressesIn(text: string): AddressOf {
  const lines = text.split('\n').map(line => line.replace(/#.*/, '').trim().split(/\s+/));
  return name => lines.find(([, ...names]) => names.includes(name))?.[0];
}

/** The host that a name means: as the inventory calls it, or by the address that it has beside it. */
export const hostNamed = (name: string, fleet: Fleet, addressOf: AddressOf): string | null =>
  (fleet.hosts.find(host => namesOf(host).includes(name)) ?? hostAt(addressOf(name), fleet))?.name ?? null;

const namesOf = (host: Host): readonly string[] => [
  ...(host.role === 'workstation' ? [] : [host.tunnel.name]),
  ...(host.role === 'relay' ? [host.outbound.name] : host.lan ? [host.lan.name] : []),
];

function hostAt(address: string | undefined, fleet: Fleet): Host | undefined {
  if (address === undefined) return undefined;
  const short = shortAddress(address);
  return fleet.hosts.find(host => ownAddresses(host).some(one => shortAddress(one) === short));
}

const ownAddresses = (host: Host): readonly string[] => [
  ...(host.role === 'workstation' ? [] : [host.tunnel.address]),
  ...(host.role === 'relay' || !host.lan ? [] : [host.lan.address]),
];

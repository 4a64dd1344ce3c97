/** Which hosts the names in a host's smtpd.conf(5) mean, including names that the inventory has changed. Pure. */
import { addressOfName, type HostsLine } from '../facts/hosts-file.ts';
import { shortAddress } from '../hosts/addresses.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';

/** The host that a name stands for: by the inventory, or by the address that the name has in hosts(5). */
export const hostNamed = (name: string, fleet: Fleet, lines: readonly HostsLine[]): string | null =>
  (fleet.hosts.find(host => innerNames(host).includes(name)) ?? hostAt(addressOfName(name, lines), fleet))?.name ??
  null;

/** The names of a host for its neighbours, in the tunnel and the LAN. */
export const innerNames = (host: Host): readonly string[] => [
  ...(host.role === 'workstation' ? [] : [host.tunnel.name]),
  ...(host.role === 'relay' ? [host.outbound.name] : host.lan ? [host.lan.name] : []),
];

function hostAt(address: string | undefined, fleet: Fleet): Host | undefined {
  if (address === undefined) return undefined;
  const short = shortAddress(address);
  return fleet.hosts.find(host => innerAddresses(host).some(one => shortAddress(one) === short));
}

/** The addresses of a host in the tunnel and the LAN. */
export const innerAddresses = (host: Host): readonly string[] => [
  ...(host.role === 'workstation' ? [] : [host.tunnel.address]),
  ...(host.role === 'relay' || !host.lan ? [] : [host.lan.address]),
];

/** Which hosts the names in a host's smtpd.conf(5) mean, including names that the inventory has changed. Pure. */
import { addressOfName, type HostsLine } from '../facts/hosts-file.ts';
import { shortAddress } from '../hosts/addresses.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';

/** By host name the addresses on its interfaces, of the hosts that could be asked. */
export type Holders = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The host that a name stands for: by the inventory, or by the address that the name has in hosts(5), which the inventory may have
 * changed as well: then by the interfaces.
 */
export const hostNamed = (name: string, fleet: Fleet, lines: readonly HostsLine[], holders?: Holders): string | null =>
  (fleet.hosts.find(host => innerNames(host).includes(name)) ?? hostAt(addressOfName(name, lines), fleet, holders))
    ?.name ?? null;

/** The names of a host for its neighbours, in the tunnel and the LAN. */
export const innerNames = (host: Host): readonly string[] => [
  ...(host.role === 'workstation' ? [] : [host.tunnel.name]),
  ...(host.role === 'relay' ? [host.outbound.name] : host.lan ? [host.lan.name] : []),
];

function hostAt(address: string | undefined, { hosts }: Fleet, holders?: Holders): Host | undefined {
  if (address === undefined) return undefined;
  const short = shortAddress(address);
  return (
    hosts.find(host => innerAddresses(host).some(one => shortAddress(one) === short)) ??
    hosts.find(({ name }) => holders?.get(name)?.has(short))
  );
}

/** The addresses of a host in the tunnel and the LAN. */
export const innerAddresses = (host: Host): readonly string[] => [
  ...(host.role === 'workstation' ? [] : [host.tunnel.address]),
  ...(host.role === 'relay' || !host.lan ? [] : [host.lan.address]),
];

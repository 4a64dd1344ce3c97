import { familyOf, isNetworkOrBroadcast, isWithin, type Prefix, prefixText, shortAddress } from '../addresses.ts';
import { tunnelPrefixOf } from './ends-schema.ts';
import { type Path, quoted, type Report } from './errors.ts';
import { alreadyUsed, type NamedDraft, type Site } from './site.ts';

/** Checks that each address belongs to one host only, and that ends of the tunnel can reach each other. */
export function checkAddresses(site: Site, report: Report): void {
  const uses = site.hosts.flatMap(usesIn);
  const earlier = new Map<string, AddressUse>();
  for (const one of uses) {
    const first = earlier.get(one.address);
    if (first === undefined) earlier.set(one.address, one);
    else if (first.host !== one.host || !mayShare(first, one)) {
      report({ path: one.path, what: alreadyUsed(one, first), remedy: 'give each its own address, or remove one' });
    }
  }
  checkTunnelEnds(site, report);
  const ends = tunnelEndsOf(site.hosts);
  for (const one of uses) {
    if (one.use === 'tunnel address') continue;
    const end = ends.find(({ prefix }) => isWithin(one.address, prefix));
    if (end === undefined || end.prefix.address === one.address) continue;
    const what = `${quoted(one.written)} is in the network of the tunnel, ${prefixText(end.prefix)}`;
    report({
      path: one.path,
      what,
      remedy: 'only tunnel addresses can be; choose another address here, or a longer prefix length for the tunnel',
    });
  }
}

type Use = 'tunnel address' | 'LAN address' | 'mx address' | 'outbound address' | 'endpoint';
type AddressUse = {
  readonly host: string;
  readonly use: Use;
  readonly path: Path;
  readonly address: string;
  readonly written: string;
};

/** A relay may use one address for receiving, sending and the tunnel's endpoint; tunnel and LAN addresses are separate. */
const mayShare = (one: AddressUse, other: AddressUse): boolean =>
  one.use !== other.use && ![one.use, other.use].some(use => use === 'tunnel address' || use === 'LAN address');

function usesIn([name, host]: NamedDraft): AddressUse[] {
  const path: Path = ['hosts', name];
  const endpoint = host.endpoint !== undefined && familyOf(host.endpoint) !== null ? host.endpoint : undefined;
  const uses: { use: Use; path: Path; address: string | undefined }[] = [
    {
      use: 'tunnel address',
      path: [...path, 'tunnel', 'address'],
      address: host.tunnel?.address?.replace(/\/.*$/, ''),
    },
    { use: 'LAN address', path: [...path, 'lan', 'address'], address: host.lan?.address },
    { use: 'endpoint', path: [...path, 'endpoint'], address: endpoint },
  ];
  for (const [index, mx] of (host.mx ?? []).entries()) {
    uses.push({ use: 'mx address', path: [...path, 'mx', index, 'address'], address: mx?.address });
  }
  for (const [index, address] of (host.outbound?.addresses ?? []).entries()) {
    uses.push({ use: 'outbound address', path: [...path, 'outbound', 'addresses', index], address });
  }
  return uses.flatMap(one =>
    one.address === undefined ? [] : [{ ...one, host: name, address: shortAddress(one.address), written: one.address }],
  );
}

type TunnelEnd = { readonly host: string; readonly path: Path; readonly prefix: Prefix };

const tunnelEndsOf = (hosts: readonly NamedDraft[]): TunnelEnd[] =>
  hosts.flatMap(([host, { tunnel }]) => {
    if (tunnel?.address === undefined) return [];
    return [{ host, path: ['hosts', host, 'tunnel', 'address'], prefix: tunnelPrefixOf(tunnel.address) }];
  });

/** Each gateway has to reach each relay through the connected route of its own prefix, and vice versa. */
function checkTunnelEnds(site: Site, report: Report): void {
  for (const { path, prefix } of tunnelEndsOf(site.hosts)) {
    if (!isNetworkOrBroadcast(prefix)) continue;
    const what = `${quoted(prefix.address)} is the first or last address of ${prefixText(prefix)}`;
    report({ path, what, remedy: 'choose another address, or another prefix length' });
  }
  const relays = tunnelEndsOf(site.relays);
  for (const gateway of tunnelEndsOf(site.gateways)) {
    for (const relay of relays) {
      const what = whyApart(gateway, relay);
      if (what === null) continue;
      report({ path: gateway.path, what, remedy: 'give both ends addresses in the same prefix' });
      break;
    }
  }
}

function whyApart(gateway: TunnelEnd, relay: TunnelEnd): string | null {
  const [here, there] = [gateway.prefix, relay.prefix];
  const [family, otherFamily] = [familyOf(here.address), familyOf(there.address)];
  if (family !== otherFamily)
    return `${quoted(here.address)} is IPv${family}, and ${relay.host}'s end of the tunnel is IPv${otherFamily}`;
  if (!isWithin(here.address, there))
    return `${quoted(here.address)} is not in the prefix of ${relay.host}'s end of the tunnel, ${prefixText(there)}`;
  return isWithin(there.address, here)
    ? null
    : `${prefixText(here)} does not contain ${relay.host}'s end of the tunnel, ${there.address}`;
}

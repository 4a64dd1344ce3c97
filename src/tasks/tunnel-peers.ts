/** The peers of an interface, and which end each is. Pure. */
import { addressOfName, parseHostsFile } from '../facts/hosts-file.ts';
import type { WgInterface, WgPeer } from '../facts/ifconfig.ts';
import type { Fleet } from '../hosts/fleet.ts';
import { type Observed, textOf } from '../run/resource.ts';
import { isTunnelHost, peersOf, type TunnelHost } from './neighbours.ts';

/** The peer that an address of the tunnel is routed to. */
export const peerTo = (at: WgInterface | null | undefined, address: string): WgPeer | undefined =>
  at?.peers.find(peer => leadsTo(peer, address));

/** A far end's peer: by its address, or the only one that may be its own if a change of the address is held back. */
export function peerOf(far: TunnelHost, ends: FarEnds, at: WgInterface | null): WgPeer | undefined {
  const others = ends.far.filter(({ name }) => name !== far.name);
  const isAnothers = (peer: WgPeer) =>
    isOther(peer, ends) || others.some(({ tunnel }) => leadsTo(peer, tunnel.address));
  const left = (at?.peers ?? []).filter(peer => !isAnothers(peer));
  return peerTo(at, far.tunnel.address) ?? (left.length === 1 ? left[0] : undefined);
}

/** The first address that a peer is sent. */
export const firstAddress = ({ allowedIps: [first] }: WgPeer): string | null =>
  first?.slice(0, first.lastIndexOf('/')) ?? null;

/** Whether a peer is the one that an address of the tunnel is routed to. */
export const leadsTo = (peer: WgPeer, address: string): boolean =>
  peer.allowedIps.some(ip => ip.slice(0, ip.lastIndexOf('/')) === address);

/** The far ends of a host, and the addresses of ends that are none: of hosts that have its role, or had another one. */
export interface FarEnds {
  readonly far: readonly TunnelHost[];
  readonly others: readonly string[];
}

/** @param former the addresses that the other ends had before. */
export function farEndsOf(host: TunnelHost, fleet: Fleet, former: readonly string[]): FarEnds {
  const others = othersOf(host, fleet);
  return { far: peersOf(host, fleet), others: [...others.map(one => one.tunnel.address), ...former] };
}

function othersOf(host: TunnelHost, fleet: Fleet): readonly TunnelHost[] {
  const far = peersOf(host, fleet);
  return fleet.hosts.filter(isTunnelHost).filter(one => !far.includes(one));
}

/** By hosts(5), before it is changed: the addresses of the ends that are no far ends of a host. */
export const formerAddresses =
  (host: TunnelHost, fleet: Fleet) =>
  (before: Observed): readonly string[] => {
    const lines = parseHostsFile(textOf(before, '/etc/hosts'));
    return othersOf(host, fleet).flatMap(one => addressOfName(one.tunnel.name, lines) ?? []);
  };

/** Whether a peer is that of an end that is no far end. */
export const isOther = (peer: WgPeer, { others }: FarEnds): boolean => others.some(address => leadsTo(peer, address));

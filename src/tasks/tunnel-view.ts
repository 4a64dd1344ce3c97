/**
 * The tunnel as a run can configure it: what both ends have to agree on, and everything that depends on it, is not changed until
 * both can be changed. Changing one end alone would cut the tunnel. Pure.
 */

import type { WgPeer } from '../facts/ifconfig.ts';
import type { Prefix } from '../hosts/addresses.ts';
import type { Fleet } from '../hosts/fleet.ts';
import type { ObservedHosts } from '../run/desired.ts';
import { isTunnelHost, peersOf, type TunnelHost } from './neighbours.ts';
import { endNow, endsOf, meet, portNow } from './tunnel-ends.ts';
import { leadsTo } from './tunnel-peers.ts';

/** The tunnels as they are to be now. */
export interface TunnelView {
  /** The inventory, with what is in force where a change is held back. */
  readonly fleet: Fleet;
  readonly holds: readonly TunnelHold[];
}

/** A change of a tunnel that waits until both ends can be changed. */
interface TunnelHold {
  readonly what: string;
  /** Hosts whose ends it is about. */
  readonly about: readonly string[];
  /** Hosts that can't be changed. */
  readonly until: readonly string[];
}

/** @param canChange whether a run can change a host's end of the tunnel and what depends on it. */
export function tunnelView(fleet: Fleet, all: ObservedHosts, canChange: (host: string) => boolean): TunnelView {
  const ends = fleet.hosts.filter(isTunnelHost);
  const fixed = ends.map(end => end.name).filter(name => !canChange(name));
  if (fixed.length === 0) return { fleet, holds: [] };
  // What can't be changed is what stays; an end that can be changed may have values that the other end does not know.
  const seen = endsOf(fleet, fixed, all);
  const { at, stays } = seen;
  const known = [...ends.filter(stays), ...ends.filter(end => !stays(end))];
  const { hosts, holds } = heldAddresses(fleet, fixed, (host, near) => endNow(host, seen, near));
  const tunnel = { ...fleet.tunnel };
  const about = ends.map(end => end.name);
  const leadsToOne = (peer: WgPeer, end: TunnelHost): boolean =>
    peersOf(end, fleet).some(far => stays(far) && leadsTo(peer, far.tunnel.address));
  const port = known.map(end => portNow(end, at(end)?.wg)).find(one => one !== null) ?? null;
  if (port !== null && port !== tunnel.port) {
    holds.push({ what: `tunnel.port ${tunnel.port}`, about, until: fixed });
    tunnel.port = port;
  }
  const peers = known.flatMap(end => (at(end)?.wg.peers ?? []).filter(peer => stays(end) || !leadsToOne(peer, end)));
  const preshared = peers.some(peer => peer.presharedKey);
  if (peers.length > 0 && preshared !== tunnel.presharedKey) {
    holds.push({ what: `tunnel.preshared_key ${tunnel.presharedKey}`, about, until: fixed });
    tunnel.presharedKey = preshared;
  }
  return holds.length === 0 ? { fleet, holds } : { fleet: { ...fleet, hosts, tunnel }, holds };
}

/**
 * The hosts with the addresses that are in force where a change of them waits. Ends that reach each other change to another
 * network together: what holds back one of them holds back those that would not reach it any more.
 * @param now what is in force, in the network of another end if it has several.
 */
function heldAddresses(
  fleet: Fleet,
  fixed: readonly string[],
  now: (host: TunnelHost, near: Prefix | null) => Prefix | null,
): { readonly hosts: Fleet['hosts']; readonly holds: TunnelHold[] } {
  const held = new Map<string, { readonly end: Prefix; readonly hold: TunnelHold }>();
  const hold = (host: TunnelHost, until: readonly string[], near: Prefix | null): boolean => {
    const end = now(host, near);
    if (end === null || end.address === host.tunnel.address || (near !== null && !meet(end, near))) return false;
    const about = [host.name, ...peersOf(host, fleet).map(peer => peer.name)];
    held.set(host.name, { end, hold: { what: `tunnel address ${host.tunnel.address} of ${host.name}`, about, until } });
    return true;
  };
  const ends = fleet.hosts.filter(isTunnelHost);
  for (const host of ends) {
    const until = fixed.filter(name => name === host.name || peersOf(host, fleet).some(peer => peer.name === name));
    if (until.length > 0) hold(host, until, null);
  }
  const follows = (host: TunnelHost): boolean => {
    if (held.has(host.name)) return false;
    const far = peersOf(host, fleet).flatMap(peer => held.get(peer.name) ?? []);
    const apart = far.find(({ end }) => !meet(end, host.tunnel));
    return apart !== undefined && hold(host, apart.hold.until, apart.end);
  };
  while (ends.some(follows));
  const hosts = fleet.hosts.map(host => {
    const now = isTunnelHost(host) ? held.get(host.name)?.end : undefined;
    return isTunnelHost(host) && now ? { ...host, tunnel: { ...host.tunnel, ...now } } : host;
  });
  return { hosts, holds: [...held.values()].map(one => one.hold) };
}

/**
 * The tunnel as a run can configure it: what both ends have to agree on, and everything that depends on it, is not changed until
 * both can be changed. Changing one end alone would cut the tunnel. Pure.
 */

import type { Prefix } from '../hosts/addresses.ts';
import type { Fleet } from '../hosts/fleet.ts';
import type { ObservedHosts } from '../run/desired.ts';
import { isTunnelHost, peersOf, type TunnelHost } from './neighbours.ts';
import { type Ends, endNow, endsOf, meet, portNow } from './tunnel-ends.ts';
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
  const seen = endsOf(fleet, fixed, all);
  const { hosts, holds } = heldAddresses(fleet, fixed, (host, near) => endNow(host, seen, near));
  const tunnel = { ...fleet.tunnel };
  const about = ends.map(end => end.name);
  const { port, preshared } = inForce({ ...fleet, hosts }, fixed, seen);
  if (port !== null && port !== tunnel.port) {
    holds.push({ what: `tunnel.port ${tunnel.port}`, about, until: fixed });
    tunnel.port = port;
  }
  if (preshared !== null && preshared !== tunnel.presharedKey) {
    holds.push({ what: `tunnel.preshared_key ${tunnel.presharedKey}`, about, until: fixed });
    tunnel.presharedKey = preshared;
  }
  return holds.length === 0 ? { fleet, holds } : { fleet: { ...fleet, hosts, tunnel }, holds };
}

/**
 * What the tunnels have that only one end can be changed of; null: unknown. The end that cannot be changed is asked if it can be,
 * for the other one may have values that it does not know. @param fleet with the addresses that are in force.
 */
function inForce(fleet: Fleet, fixed: readonly string[], { at, stays }: Ends) {
  const ends = fleet.hosts.filter(isTunnelHost);
  const known = [...ends.filter(stays), ...ends.filter(end => !stays(end))];
  const isCut = (end: TunnelHost, far: TunnelHost): boolean => fixed.includes(end.name) !== fixed.includes(far.name);
  const isAsked = (end: TunnelHost, far: TunnelHost): boolean => stays(end) || !stays(far);
  const links = known.flatMap(end =>
    (at(end)?.wg.peers ?? []).map(peer => {
      const far = peersOf(end, fleet).find(({ tunnel }) => leadsTo(peer, tunnel.address));
      return {
        peer,
        isCut: far !== undefined && isCut(end, far),
        isAsked: far === undefined ? true : isAsked(end, far),
      };
    }),
  );
  const asked = links.filter(link => link.isAsked);
  const cut = asked.filter(link => link.isCut);
  const peers = cut.length > 0 ? cut : asked;
  const ported = known.filter(end => peersOf(end, fleet).some(far => isCut(end, far)));
  const ports = [...ported, ...known].map(end => portNow(end, at(end)?.wg));
  return {
    port: ports.find(one => one !== null) ?? null,
    preshared: peers.length > 0 ? peers.some(({ peer }) => peer.presharedKey) : null,
  };
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

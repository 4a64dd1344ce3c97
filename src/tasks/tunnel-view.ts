/**
 * The tunnel as a run can configure it: what both ends have to agree on, and everything that depends on it, is not changed until
 * both can be changed. Changing one end alone would cut the tunnel. Pure.
 */

import { addressOfName, parseHostsFile } from '../facts/hosts-file.ts';
import type { WgInterface, WgPeer } from '../facts/ifconfig.ts';
import type { Fleet, Host, TunnelEnd } from '../hosts/fleet.ts';
import { OWN_TUNNELS } from '../resources/former-tunnels.ts';
import type { ObservedHosts } from '../run/desired.ts';
import { type Observed, textOf } from '../run/resource.ts';
import { isTunnelHost, peersOf, type TunnelHost } from './neighbours.ts';
import { firstAddress, leadsTo, peerTo, runningTunnel } from './tunnel-verification.ts';

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
  const holds: TunnelHold[] = [];
  const at: At = host => (isTunnelHost(host) ? ownEnd(host, fleet, all) : null);
  // What can't be changed is what stays; an end that can be changed may have values that the other end does not know.
  const stays = (end: Host): boolean => fixed.includes(end.name) && at(end) !== null;
  const known = [...ends.filter(stays), ...ends.filter(end => !stays(end))];
  const hosts = fleet.hosts.map(host => {
    if (!isTunnelHost(host)) return host;
    const about = [host.name, ...peersOf(host, fleet).map(peer => peer.name)];
    const until = fixed.filter(name => about.includes(name));
    const now = until.length === 0 ? null : endNow(host, fleet, at, stays);
    if (now === null || now.address === host.tunnel.address) return host;
    holds.push({ what: `tunnel address ${host.tunnel.address} of ${host.name}`, about, until });
    return { ...host, tunnel: { ...host.tunnel, ...now } };
  });
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

interface Seen {
  readonly observed: Observed;
  readonly wg: WgInterface;
}
type At = (host: Host) => Seen | null;

/** The running interface of a host; null if it is no end of this tunnel, but another VPN of the host. */
function ownEnd(host: TunnelHost, fleet: Fleet, all: ObservedHosts): Seen | null {
  const running = (end: Host): Seen | null => {
    const observed = all.get(end.name)?.observed;
    const wg = observed ? runningTunnel(observed, fleet) : null;
    return observed && wg ? { observed, wg } : null;
  };
  const seen = running(host);
  if (seen === null) return null;
  const { observed, wg } = seen;
  const far = peersOf(host, fleet);
  const isEnd =
    observed.get(OWN_TUNNELS).includes(wg.name) ||
    addressesOf(wg).includes(host.tunnel.address) ||
    far.some(end => peerTo(wg, end.tunnel.address) || hasPeer(running(end)?.wg, wg) || hasPeer(wg, running(end)?.wg));
  return isEnd ? seen : null;
}

const hasPeer = (one: WgInterface | undefined, other: WgInterface | undefined): boolean =>
  one?.peers.some(({ publicKey }) => publicKey === other?.publicKey) ?? false;

/** The address that an end of the tunnel has: by itself, or as another end knows it. Null: unknown. */
function endNow(
  host: TunnelHost,
  fleet: Fleet,
  at: At,
  stays: (end: Host) => boolean,
): Pick<TunnelEnd, 'address' | 'prefixLength'> | null {
  const own = at(host)?.wg;
  const has = own?.addresses.find(one => one.address === host.tunnel.address) ?? own?.addresses[0];
  if (has && stays(host)) return { address: has.address, prefixLength: has.prefixLength };
  const far = peersOf(host, fleet);
  for (const one of own ? far.filter(stays) : far) {
    const address = addressOf(host, one, fleet, at);
    if (address !== null) return { address, prefixLength: (has ?? host.tunnel).prefixLength };
  }
  return has ? { address: has.address, prefixLength: has.prefixLength } : null;
}

/** The allowed address of a host at another end: by its name in hosts(5), or the only one left. */
function addressOf(host: TunnelHost, far: TunnelHost, fleet: Fleet, at: At): string | null {
  const there = at(far);
  if (!there) return null;
  const lines = parseHostsFile(textOf(there.observed, '/etc/hosts'));
  // A peer may be sent more than the far end's own address: what is behind it.
  const sent = (end: TunnelHost): string | undefined =>
    [end.tunnel.address, addressOfName(end.tunnel.name, lines) ?? [], addressesOf(at(end)?.wg)]
      .flat()
      .find(address => peerTo(there.wg, address));
  const own = sent(host);
  if (own !== undefined) return own;
  const others = peersOf(far, fleet).filter(peer => peer.name !== host.name);
  const known = others.flatMap(other => peerTo(there.wg, sent(other) ?? '') ?? []);
  // A host that has had another role still sends to the ends that it was a far end of then.
  const ends = fleet.hosts.filter(isTunnelHost).filter(end => end.name !== host.name);
  const stray = ends.flatMap(end => addressesOf(at(end)?.wg));
  const left = there.wg.peers.filter(peer => !known.includes(peer) && !stray.some(one => leadsTo(peer, one)));
  return known.length === others.length && left.length === 1 && left[0] ? firstAddress(left[0]) : null;
}

const addressesOf = (wg: WgInterface | undefined): readonly string[] => wg?.addresses.map(one => one.address) ?? [];

/** A relay's own port, or the one a gateway calls. */
const portNow = (host: TunnelHost, wg: WgInterface | undefined): number | null =>
  host.role === 'relay'
    ? (wg?.port ?? null)
    : Number(wg?.peers.find(peer => peer.endpoint !== null)?.endpoint?.split(' ')[1]) || null;

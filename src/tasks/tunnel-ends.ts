/** The ends of a tunnel as the hosts have them, or know them of each other. Pure. */
import { addressOfName, parseHostsFile } from '../facts/hosts-file.ts';
import type { WgInterface, WgPeer } from '../facts/ifconfig.ts';
import { familyOf, isWithin, type Prefix } from '../hosts/addresses.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { tunnelPrefixOf } from '../hosts/inventory/ends-schema.ts';
import { OWN_TUNNELS } from '../resources/former-tunnels.ts';
import type { ObservedHosts } from '../run/desired.ts';
import { type Observed, textOf } from '../run/resource.ts';
import { isTunnelHost, peersOf, type TunnelHost } from './neighbours.ts';
import { firstAddress, leadsTo, peerTo } from './tunnel-peers.ts';
import { isAlive, runningTunnel } from './tunnel-verification.ts';

/** The running interface of an end, with what else was asked there. */
interface Seen {
  readonly observed: Observed;
  readonly wg: WgInterface;
}

/** What is known of the ends of a fleet. */
export interface Ends {
  readonly fleet: Fleet;
  /** Null if a host has no end, or could not be asked. */
  readonly at: At;
  /** Whether a host is known to have an end that a run cannot change. */
  readonly stays: (end: Host) => boolean;
}
type At = (host: Host) => Seen | null;

/** What was seen of the ends. @param fixed the hosts that a run cannot change. */
export function endsOf(fleet: Fleet, fixed: readonly string[], all: ObservedHosts): Ends {
  const at: At = host => (isTunnelHost(host) ? ownEnd(host, fleet, all) : null);
  return { fleet, at, stays: end => fixed.includes(end.name) && at(end) !== null };
}

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

/** Whether each of two ends is in the network of the other, and reaches it by its own route. */
export const meet = (one: Prefix, other: Prefix): boolean =>
  isWithin(one.address, other) && isWithin(other.address, one);

/**
 * The address that an end of the tunnel has: by itself, or as another end knows it. Null: unknown.
 * @param near an end that it reaches, if it has several addresses.
 */
export function endNow(host: TunnelHost, { fleet, at, stays }: Ends, near: Prefix | null): Prefix | null {
  const own = (at(host)?.wg.addresses ?? []).map(({ address, prefixLength }) => ({ address, prefixLength }));
  const isRight = (one: Prefix): boolean => (near === null ? one.address === host.tunnel.address : meet(one, near));
  const has = own.find(isRight) ?? own[0];
  if (has && stays(host)) return has;
  const said = peersOf(host, fleet).flatMap(one => {
    const address = addressOf(host, one, fleet, at);
    if (address === null) return [];
    const isOwn = own.some(end => end.address === address);
    return [{ address, isOwn, isAlive: isAlive(peerTo(at(one)?.wg, address)), counts: !at(host) || stays(one) }];
  });
  // An end that was gone for a while may have kept what the others have changed since, and its last handshake may be recent: what
  // this one has, and another one sends to, is not changed back for that.
  const counting = said.filter(one => one.counts && (one.isOwn || !said.some(({ isOwn }) => isOwn)));
  const known = counting.find(one => one.isAlive) ?? counting[0];
  return known ? withLength(known.address, [...(has ? [has] : []), ...own, host.tunnel]) : (has ?? null);
}

/** The address with the prefix length that it has, or another one of its family. */
function withLength(address: string, ends: readonly Prefix[]): Prefix {
  const likely = [...ends.filter(end => end.address === address), ...ends];
  const { prefixLength } = likely.find(end => familyOf(end.address) === familyOf(address)) ?? tunnelPrefixOf(address);
  return { address, prefixLength };
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
  // A host that has had another role still sends to the ends that it was a far end of then, or to where they were.
  const ends = fleet.hosts.filter(isTunnelHost).filter(end => end.name !== host.name);
  const stray = ends.flatMap(end => [addressesOf(at(end)?.wg), addressOfName(end.tunnel.name, lines) ?? []].flat());
  const keys = ends.flatMap(end => at(end)?.wg.publicKey ?? []);
  const isStray = (peer: WgPeer): boolean => keys.includes(peer.publicKey) || stray.some(one => leadsTo(peer, one));
  const left = there.wg.peers.filter(peer => !known.includes(peer) && !isStray(peer));
  return known.length === others.length && left.length === 1 && left[0] ? firstAddress(left[0]) : null;
}

const addressesOf = (wg: WgInterface | undefined): readonly string[] => wg?.addresses.map(one => one.address) ?? [];

/** A relay's own port, or the one a gateway calls. */
export const portNow = (host: TunnelHost, wg: WgInterface | undefined): number | null =>
  host.role === 'relay'
    ? (wg?.port ?? null)
    : Number(wg?.peers.find(peer => peer.endpoint !== null)?.endpoint?.split(' ')[1]) || null;

/** Which WireGuard keys rotate together, and what each host has to do for it. Pure. */

import type { WgInterface } from '../facts/ifconfig.ts';
import { type Fleet, gatewaysOf, relaysOf } from '../hosts/fleet.ts';
import type { DesiredWgPeer } from '../resources/wg-interface.ts';
import { PRIVATE_KEY, WG_PUBLIC_KEY } from '../resources/wg-key.ts';
import { worldOf } from '../run/plan.ts';
import type { World } from '../run/resource.ts';
import type { KeyChange, PublicKeys } from '../run/turn-types.ts';
import { isTunnelHost, peersOf, type TunnelHost } from './neighbours.ts';
import { presharedKeyFile } from './preshared-key.ts';
import { peerTo } from './tunnel-peers.ts';
import { desiredWg, hostnameIf } from './wireguard.ts';

/** Keys that are switched together. */
export interface Turn {
  /** Hosts that get a new key. */
  readonly rotating: readonly TunnelHost[];
  /** Their far ends, which keep their own. */
  readonly following: readonly TunnelHost[];
}

/**
 * A single tunnel's two ends switch together, which costs it one handshake. With several, a host's key belongs to more
 * than one tunnel, so one key rotates after the other and a far end that can't be reached holds up no other pair.
 */
export function turnsOf(fleet: Fleet): readonly Turn[] {
  const [relays, gateways] = [relaysOf(fleet), gatewaysOf(fleet)];
  if (relays.length === 1 && gateways.length === 1) return [{ rotating: [...relays, ...gateways], following: [] }];
  return fleet.hosts
    .filter(isTunnelHost)
    .map(host => ({ rotating: [host], following: peersOf(host, fleet) }))
    .filter(({ following }) => following.length > 0);
}

/** All members of a turn, relays first. */
export const membersOf = ({ rotating, following }: Turn): readonly TunnelHost[] =>
  [...rotating, ...following].toSorted((a, b) => Number(b.role === 'relay') - Number(a.role === 'relay'));

/** Path of a new key until the switch. */
const next = (path: string): string => `${path}.next`;

/** The far ends of `host` that a turn concerns. */
export const partnersOf = (host: TunnelHost, turn: Turn, fleet: Fleet): readonly TunnelHost[] =>
  peersOf(host, fleet).filter(peer => turn.rotating.includes(host) || turn.rotating.includes(peer));

/** Files of preshared keys that a turn makes anew on `host`: a gateway's keys come with its own turn. */
export const presharedIn = (host: TunnelHost, turn: Turn, fleet: Fleet): readonly { peer: string; path: string }[] =>
  fleet.tunnel.presharedKey
    ? partnersOf(host, turn, fleet)
        .filter(peer => turn.rotating.includes(host.role === 'gateway' ? host : peer))
        .map(peer => ({ peer: peer.name, path: presharedKeyFile(peer.name) }))
    : [];

/**
 * The words of the one ifconfig command that switches `host` over. A relay is given the address of the gateway at this
 * moment: what it sends until the gateway has switched waits in its queue, where it would be refused without.
 * @param running the interface as it is.
 */
export function switchWords(
  host: TunnelHost,
  turn: Turn,
  fleet: Fleet,
  { keys, running }: { readonly keys: KeyChange; readonly running: WgInterface | null },
): readonly string[] {
  const desired = desiredWg(host, fleet, knowing(keys.new));
  const psk = new Map(presharedIn(host, turn, fleet).map(({ peer, path }) => [peer, next(path)]));
  const peers = partnersOf(host, turn, fleet).flatMap(partner => {
    const [was, is] = [keys.old.get(partner.name), keys.new.get(partner.name)];
    const peer = desired.peers.find(one => one.publicKey === is);
    if (was === undefined || !peer) throw new Error(`${partner.name} has no key`);
    const keepalive = ['wgpka', String(peer.keepaliveSeconds)];
    const secret = psk.get(partner.name) ?? peer.presharedKeyFile;
    const wgpsk = secret === null ? [] : ['wgpsk', secret];
    if (was === is) return ['wgpeer', peer.publicKey, ...wgpsk, ...keepalive];
    const at = endpointWords(peer, peerTo(running, partner.tunnel.address)?.endpoint ?? null);
    const ips = peer.allowedIps.flatMap(ip => ['wgaip', ip]);
    return ['-wgpeer', was, 'wgpeer', peer.publicKey, ...wgpsk, ...at, ...ips, ...keepalive];
  });
  return [...(turn.rotating.includes(host) ? ['wgkey', next(PRIVATE_KEY)] : []), ...peers];
}

/** The running interface has an address where the inventory may have a name, which would take time to resolve. */
function endpointWords(desired: DesiredWgPeer, running: string | null): readonly string[] {
  if (running !== null) return ['wgendpoint', ...running.split(' ')];
  return desired.endpoint ? ['wgendpoint', desired.endpoint.host, String(desired.endpoint.port)] : [];
}

/** hostname.if(5) of `host` with these keys. */
export const hostnameIfWith = (host: TunnelHost, fleet: Fleet, keys: PublicKeys): string =>
  hostnameIf(desiredWg(host, fleet, knowing(keys)));

const knowing = (keys: PublicKeys): World =>
  worldOf(new Map([...keys].map(([host, key]) => [host, { [WG_PUBLIC_KEY]: key }])), {
    lacks: host => !keys.has(host),
  });

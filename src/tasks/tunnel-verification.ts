import { answering } from '../facts/answering.ts';
import type { WgInterface, WgPeer } from '../facts/ifconfig.ts';
import { PUT_BACK } from '../facts/put-back.ts';
import type { Fleet } from '../hosts/fleet.ts';
import { formerTunnels } from '../resources/former-tunnels.ts';
import { wgIn } from '../resources/wg-interface.ts';
import { PRIVATE_KEY, PUBLIC_KEY, UNCLAMPED } from '../resources/wg-key.ts';
import { VERIFY_TUNNEL } from '../resources/wg-verification.ts';
import { type Command, command } from '../run/command.ts';
import type { Fact } from '../run/fact.ts';
import type { Observed } from '../run/resource.ts';
import type { Verification } from '../run/target.ts';
import { peersOf, type TunnelHost } from './neighbours.ts';
import { type FarEnds, farEndsOf, firstAddress, isOther, leadsTo, peerOf, peerTo } from './tunnel-peers.ts';

/**
 * Seconds after which a session without a new handshake ends (REJECT_AFTER_TIME of wg_noise.h): an older one confirms
 * nothing.
 */
const REJECT_AFTER_SECONDS = 180;

// A keepalive in a session that lives is a keepalive and nothing else; the same key, not clamped, ends the sessions, so that
// the keepalive asks for a handshake (REJECT_AFTER_TIME of wg_noise.h). That of a key which is not the running one would
// change who we are.
const CALL = `${UNCLAMPED}
running_key() { ifconfig "$interface" | sed -n 's/^[[:space:]]*wgpubkey //p'; }
call() {
  local words= off= key= far
  set -- $calls
  [ $# -gt 0 ] || return 0
  while [ $# -gt 0 ]; do
    far=\${2#"\${2%%/*}"}
    [ -z "$far" ] || { far=\${far#/}; far=" wgendpoint \${far%/*} \${far##*/}"; }
    if [ "\${2%%/*}" = 0 ]; then words="$words wgpeer $1 wgpka 1$far" off="$off wgpeer $1 wgpka 0"
    else words="$words wgpeer $1 wgpka \${2%%/*}$far"; fi
    shift 2
  done
  [ -s ${PRIVATE_KEY} ] && [ -s ${PUBLIC_KEY} ] && [ "$(running_key)" = "$(<${PUBLIC_KEY})" ] && key=$(unclamped ${PRIVATE_KEY})
  ifconfig "$interface" \${key:+wgkey "$key"} $words && [ -z "$off" ] || ifconfig "$interface" $off
}
interface=$1 calls=$2
`;

const VERIFY_ALL = `${VERIFY_TUNNEL}${CALL}
shift 2
while [ $# -gt 0 ]; do
  if [ -n "$calls" ]; then verify_tunnel "$interface" "$1" "$2" call; else verify_tunnel "$interface" "$1" "$2"; fi || exit
  shift 2
done
`;

/**
 * What verifies, on `host`, that the tunnels that worked before a change work after it: a handshake younger than the
 * change and an answer to a ping, for each. Null where none worked before. Both know WG_INTERFACES.
 * @param former the addresses that the other ends had before, as the host knows them.
 * @param callers the hosts that call their far ends in the meantime: two handshakes that cross undo each other, and are
 *   repeated after 5 s only.
 */
export const tunnelVerification =
  (host: TunnelHost, fleet: Fleet, former: (before: Observed) => readonly string[] = () => []) =>
  (before: Observed, now: Observed, callers: ReadonlySet<string>): Verification | null => {
    const present = runningTunnel(now, fleet);
    const ends = farEndsOf(host, fleet, former(before));
    const worked = workedBefore(ends, fleet, before, present);
    if (worked.length === 0) return null;
    const name = present?.name ?? fleet.tunnel.interface;
    const peers = interfacesIn(before, fleet).flatMap(one => one.peers);
    const same = peers.filter(peer => isAlive(peer) && isStillIn(present, peer)).flatMap(peer => wordsOf(peer, null));
    const verified = worked.flatMap(far => {
      const peer = peerOf(far, ends, present);
      if (peer) return wordsOf(peer, far.tunnel.address);
      // None of several peers can be told to be its own: then those that the change has left as they were have to work.
      return same.length > 0 ? same : [far.tunnel.address, 'none'];
    });
    return {
      of: 'the tunnel',
      command: command(VERIFY_ALL, name, callsOf(host, fleet, { now: present, peers }, callers), ...verified),
    };
  };

/** Arguments for a peer: it has to answer from this address if it has it, else from its first one. */
export const wordsOf = (peer: WgPeer, address: string | null): readonly string[] => {
  const first = firstAddress(peer);
  if (address !== null && (leadsTo(peer, address) || first === null)) return [address, peer.publicKey];
  return first === null ? [] : [first, peer.publicKey];
};

const isStillIn = (at: WgInterface | null, { publicKey, allowedIps }: WgPeer): boolean =>
  at?.peers.some(now => now.publicKey === publicKey && now.allowedIps.join() === allowedIps.join()) ?? false;

/** The interface of the tunnel, and those of other names that are mailtun's. */
const interfacesIn = (observed: Observed, { tunnel: { interface: name } }: Fleet): readonly WgInterface[] =>
  [name, ...formerTunnels(observed, name)].flatMap(one => wgIn(observed, one) ?? []);

/** The interface of the tunnel; one of another name where an undo has gone back to it, or it has not been changed yet. */
export const runningTunnel = (observed: Observed, fleet: Fleet): WgInterface | null =>
  interfacesIn(observed, fleet).find(one => one.up) ?? null;

/**
 * The far ends whose tunnel worked, under whatever interface, address or key: where there is only one far end, a session
 * that lived was with it, unless it was with a host that was one only while this host had another role.
 */
export function workedBefore(ends: FarEnds, fleet: Fleet, before: Observed, present: WgInterface | null) {
  const then = interfacesIn(before, fleet);
  const alive = [...then.flatMap(one => one.peers.filter(isAlive)), ...aliveWhenPutBack(before, then)];
  const isUnknown = alive.some(peer => !isOther(peer, ends));
  return ends.far.filter(end => {
    const key = peerOf(end, ends, present)?.publicKey;
    const isIts = (peer: WgPeer) => peer.publicKey === key || leadsTo(peer, end.tunnel.address);
    return alive.some(isIts) || (ends.far.length === 1 && isUnknown);
  });
}

/** Seconds that a tunnel may need after a rollback, because its session has ended, until the watch starts a handshake. */
const COMES_BACK_SECONDS = REJECT_AFTER_SECONDS + 60;

/** Peers that were alive before a change that was rolled back recently, so that they may not have had a handshake since. */
const aliveWhenPutBack = (before: Observed, then: readonly WgInterface[]): readonly WgPeer[] =>
  before
    .get(PUT_BACK)
    .filter(({ ageSeconds }) => ageSeconds < COMES_BACK_SECONDS)
    .flatMap(({ was }) => was.peers)
    .filter(peer => isAlive(peer) && then.some(one => one.peers.some(now => now.publicKey === peer.publicKey)));

/** Has a gateway start a handshake with each of its relays, whose sessions may have ended; null for a relay. */
export const tunnelCall =
  (host: TunnelHost, fleet: Fleet) =>
  (now: Observed): Command | null => {
    const present = runningTunnel(now, fleet);
    const calls = host.role === 'gateway' ? callsOf(host, fleet, { now: present, peers: [] }, new Set()) : '';
    return present === null || calls === '' ? null : command(`${CALL}\ncall`, present.name, calls);
  };

/** The same where no relay has answered yet: of two ends that were made at once, the gateway's may have been the first. */
export const callUnanswered =
  (host: TunnelHost, fleet: Fleet) =>
  (now: Observed): Command | null => {
    const present = runningTunnel(now, fleet);
    const far = peersOf(host, fleet).map(({ tunnel }) => peerTo(present, tunnel.address));
    return far.every(peer => isAlive(peer)) ? null : tunnelCall(host, fleet)(now);
  };

/**
 * Public keys of the peers that `host` is to call, each with its keepalive, and where it is if that has been forgotten: by
 * an interface that was made anew. Whoever knows where the far end is calls it; a relay that does not waits to be called.
 * Likewise where a gateway has been told another endpoint: a packet that was on its way may have brought back the former one.
 * What runs counts, not what the inventory says: an undo goes back behind it. @param peers as they were before a change.
 */
const callsOf = (
  host: TunnelHost,
  fleet: Fleet,
  { now, peers }: { readonly now: WgInterface | null; readonly peers: readonly WgPeer[] },
  callers: ReadonlySet<string>,
): string =>
  peersOf(host, fleet)
    .filter(far => host.role === 'gateway' || !callers.has(far.name))
    .flatMap(far => peerOf(far, farEndsOf(host, fleet, []), now) ?? [])
    .flatMap(({ publicKey, keepaliveSeconds, endpoint }) => {
      const known = peers.find(peer => peer.publicKey === publicKey)?.endpoint ?? null;
      const isSet = endpoint !== null && known !== null && known !== endpoint && host.role === 'gateway';
      const to = isSet ? endpoint : known;
      if (endpoint !== null && !isSet) return `${publicKey} ${keepaliveSeconds}`;
      return to === null ? [] : `${publicKey} ${keepaliveSeconds}/${to.replace(' ', '/')}`;
    })
    .join(' ');

/** Whether a peer's last handshake is so recent that its session is still in use. */
export const isAlive = (peer: WgPeer | undefined): boolean =>
  peer !== undefined && peer.handshakeAgeSeconds !== null && peer.handshakeAgeSeconds < REJECT_AFTER_SECONDS;

/** Addresses of the far ends of the tunnels that answer. */
export const answeringPeers = (host: TunnelHost, fleet: Fleet): Fact<readonly string[]> =>
  answering(peersOf(host, fleet).map(peer => peer.tunnel.address));

import { type Command, command } from '../engine/command.ts';
import type { Observed, Question } from '../engine/resource.ts';
import type { Fleet } from '../hosts/fleet.ts';
import type { WgInterface, WgPeer } from '../openbsd/ifconfig.ts';
import { wgIn } from '../resources/wg-interface.ts';
import { PRIVATE_KEY, PUBLIC_KEY, UNCLAMPED } from '../resources/wg-key.ts';
import { peersOf, type TunnelHost } from './neighbours.ts';

/** A session without a new handshake is thrown away after so long (facts 1.4): an older one proves nothing. */
const REJECT_AFTER_SECONDS = 180;

// A keepalive in a session that lives is a keepalive and nothing else; the same key, not clamped, ends the sessions, so that
// the keepalive asks for a handshake (facts 1.4). That of a key which is not the running one would change who we are.
const CALL = `${UNCLAMPED}
running_key() { ifconfig "$interface" | sed -n 's/^[[:space:]]*wgpubkey //p'; }
call() {
  local words= off= key=
  set -- $calls
  [ $# -gt 0 ] || return 0
  while [ $# -gt 0 ]; do
    if [ "$2" = 0 ]; then words="$words wgpeer $1 wgpka 1" off="$off wgpeer $1 wgpka 0"
    else words="$words wgpeer $1 wgpka $2"; fi
    shift 2
  done
  [ -s ${PRIVATE_KEY} ] && [ -s ${PUBLIC_KEY} ] && [ "$(running_key)" = "$(<${PUBLIC_KEY})" ] && key=$(unclamped ${PRIVATE_KEY})
  ifconfig "$interface" \${key:+wgkey "$key"} $words && [ -z "$off" ] || ifconfig "$interface" $off
}
interface=$1 calls=$2
`;

const PROVE = `${CALL}
shift 2
while [ $# -gt 0 ]; do
  if [ -n "$calls" ]; then prove "$interface" "$1" "$2" call; else prove "$interface" "$1" "$2"; fi || exit
  shift 2
done
`;

/**
 * What proves, on `host`, that the tunnels that worked before a change work after it: a handshake younger than the
 * change and an answer to a ping, for each. Null where none worked before. Both have answers to `interfacesQuestion`.
 * @param callers the hosts that call their far ends in the meantime: two handshakes that cross undo each other, and are
 *   repeated after 5 s only.
 */
export const tunnelProof =
  (host: TunnelHost, fleet: Fleet) =>
  (before: Observed, now: Observed, callers: ReadonlySet<string>): Command | null => {
    const { interface: name } = fleet.tunnel;
    const [then, present] = [before, now].map(seen => wgIn(seen, name));
    const worked = peersOf(host, fleet).filter(peer => isAlive(peerTo(then, peer.tunnel.address)));
    if (worked.length === 0) return null;
    const proven = worked.flatMap(({ tunnel }) => [
      tunnel.address,
      peerTo(present, tunnel.address)?.publicKey ?? 'none',
    ]);
    return command(PROVE, name, callsOf(host, fleet, present ?? null, callers), ...proven);
  };

/** Makes a gateway call every relay of its, in sessions that may be dead at the other end; null for a relay. */
export const tunnelCall =
  (host: TunnelHost, fleet: Fleet) =>
  (now: Observed): Command | null => {
    const { interface: name } = fleet.tunnel;
    const calls = host.role === 'gateway' ? callsOf(host, fleet, wgIn(now, name), new Set()) : '';
    return calls === '' ? null : command(`${CALL}\ncall`, name, calls);
  };

/**
 * Public keys of the peers that `host` is to call, each with its keepalive. Whoever knows where the far end is calls it; a
 * relay that has forgotten waits to be called. What runs counts, not what the inventory says: an undo goes back behind it.
 */
const callsOf = (host: TunnelHost, fleet: Fleet, present: WgInterface | null, callers: ReadonlySet<string>): string =>
  peersOf(host, fleet)
    .filter(far => host.role === 'gateway' || !callers.has(far.name))
    .flatMap(far => peerTo(present, far.tunnel.address) ?? [])
    .filter(peer => peer.endpoint !== null)
    .map(peer => `${peer.publicKey} ${peer.keepaliveSeconds}`)
    .join(' ');

/** The peer that an address of the tunnel is routed to. */
export const peerTo = (at: WgInterface | null | undefined, address: string): WgPeer | undefined =>
  at?.peers.find(peer => peer.allowedIps.some(ip => ip.slice(0, ip.lastIndexOf('/')) === address));

/** Whether a peer has shaken hands so lately that its session is still in use. */
export const isAlive = (peer: WgPeer | undefined): boolean =>
  peer !== undefined && peer.handshakeAgeSeconds !== null && peer.handshakeAgeSeconds < REJECT_AFTER_SECONDS;

// Seven tries: after a first provision, or when both ends called at once, a handshake is repeated after 5 s.
const PING = `
for address; do
  case $address in *:*) ping=ping6;; *) ping=ping;; esac
  for try in 1 2 3 4 5 6 7; do $ping -n -c 1 -w 1 "$address" >/dev/null 2>&1 && { print -r -- "$address"; break; }; done
done
exit 0
`;

/** Asks which far ends of the tunnels answer; its answer has their addresses, one a line. */
export const pingQuestion = (host: TunnelHost, fleet: Fleet): Question & { readonly kind: 'run' } => ({
  kind: 'run',
  name: 'who answers through the tunnel',
  command: command(PING, ...peersOf(host, fleet).map(peer => peer.tunnel.address)),
});

import { type Command, command } from '../engine/command.ts';
import type { Observed, Question } from '../engine/resource.ts';
import type { Fleet } from '../hosts/fleet.ts';
import type { WgInterface, WgPeer } from '../openbsd/ifconfig.ts';
import { wgIn } from '../resources/wg-interface.ts';
import { peersOf, type TunnelHost } from './neighbours.ts';

/** A session without a new handshake is thrown away after so long (facts 1.4): an older one proves nothing. */
const REJECT_AFTER_SECONDS = 180;

// Setting the keepalive again starts a new handshake at once and loses nothing (facts 14), so the proof need not wait.
const PROVE = `
call() {
  [ "$3" != 0 ] || ifconfig "$1" wgpeer "$2" wgpka 1 || return
  ifconfig "$1" wgpeer "$2" wgpka "$3"
}
interface=$1; shift
while [ $# -gt 0 ]; do
  if [ -n "$3" ]; then
    call "$interface" "$2" "$3"
    prove "$interface" "$1" "$2" call "$interface" "$2" "$3" || exit
  else
    prove "$interface" "$1" "$2" || exit
  fi
  shift 3
done
`;

/**
 * What proves, on `host`, that the tunnels that worked before a change work after it: a handshake younger than the
 * change and an answer to a ping, for each. Null where none worked before. Both have answers to `interfacesQuestion`.
 */
export const tunnelProof =
  (host: TunnelHost, fleet: Fleet) =>
  (before: Observed, now: Observed): Command | null => {
    const { interface: name } = fleet.tunnel;
    const [then, present] = [before, now].map(seen => wgIn(seen, name));
    const worked = peersOf(host, fleet).filter(peer => isAlive(peerTo(then, peer.tunnel.address)));
    if (worked.length === 0) return null;
    const words = worked.flatMap(({ tunnel }) => {
      const peer = peerTo(present, tunnel.address);
      // Whoever knows where the far end is calls it; a relay that has forgotten waits to be called.
      const calls = host.role === 'gateway' || peer?.endpoint;
      // What runs, not what the inventory says: an undo goes back behind it.
      return [tunnel.address, peer?.publicKey ?? 'none', calls ? String(peer?.keepaliveSeconds ?? 0) : ''];
    });
    return command(PROVE, name, ...words);
  };

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

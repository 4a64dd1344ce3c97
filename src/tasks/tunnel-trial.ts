/** Before a tunnel is changed: whether it works with those ends that a run cannot ask. */
import type { Fleet } from '../hosts/fleet.ts';
import { command } from '../run/command.ts';
import type { Observed } from '../run/resource.ts';
import type { Verification } from '../run/target.ts';
import type { TunnelHost } from './neighbours.ts';
import { farEndsOf, peerOf } from './tunnel-peers.ts';
import { runningTunnel, wordsOf, workedBefore } from './tunnel-verification.ts';

const ANSWER = `
interface=$1
shift
for address; do
  case $address in *:*) ping=ping6;; *) ping=ping;; esac
  for try in 1 2 3; do
    ! $ping -n -c 1 -w 2 "$address" >/dev/null 2>&1 || continue 2
  done
  complain "$address does not answer through $interface now"
  exit 1
done
`;

/**
 * What shows, on `host`, that the tunnels which a change has to leave working do work, as far as their ends cannot be asked:
 * one may still have to roll back what a run that was killed has changed there, or be off. Parameters are
 * those of `tunnelVerification`.
 */
export const tunnelTrial =
  (host: TunnelHost, fleet: Fleet, former: (before: Observed) => readonly string[] = () => []) =>
  (before: Observed, now: Observed, away: ReadonlySet<string>): Verification | null => {
    const present = runningTunnel(now, fleet);
    const ends = farEndsOf(host, fleet, former(before));
    const silent = workedBefore(ends, fleet, before, present).filter(({ name }) => away.has(name));
    const addresses = silent.flatMap(far => {
      const peer = peerOf(far, ends, present);
      return peer ? wordsOf(peer, far.tunnel.address).slice(0, 1) : [];
    });
    if (present === null || addresses.length === 0) return null;
    return { of: 'the tunnel', command: command(ANSWER, present.name, ...addresses) };
  };

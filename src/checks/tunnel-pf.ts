/** Whether pf(4) on one end of a tunnel blocks its outer packets. Pure. */
import type { Packet } from '../facts/pf-rules.ts';
import type { Wire } from '../facts/tcpdump.ts';
import { familyOf } from '../hosts/addresses.ts';
import type { HostFacts } from './host-facts.ts';
import { blockedBy, namesOf, pfRemedy } from './pf-remedies.ts';
import { type Problem, problem } from './problem.ts';
import { sentTo, type Tunnel } from './tunnel-ends.ts';

/**
 * For a tunnel that does not answer. An existing state passes packets whatever the rules say, so packets that tcpdump(8)
 * saw, or that the relay received, are not blocked in that direction.
 */
export function stoppedByPf(tunnel: Tunnel, wire: Wire | null): Problem | null {
  const { gateway, relay, fleet } = tunnel;
  const { port } = fleet.tunnel;
  const to = sentTo(tunnel);
  if (familyOf(to) === null) return null;
  const out = outer(gateway.facts, 'out', to, port);
  if ((wire?.sent ?? 0) === 0 && blockedBy(gateway.facts, out) !== null)
    return filtered(gateway.facts, out, 'blocks outbound packets of the tunnel', { wire, fleet });
  const heard = (relay.peerAfter?.rx ?? 0) > (relay.peer?.rx ?? 0);
  const into = outer(relay.facts, 'in', to, port);
  if (!heard && blockedBy(relay.facts, into) !== null)
    return filtered(relay.facts, into, 'blocks inbound packets of the tunnel', { wire, fleet });
  return null;
}

function filtered(
  facts: HostFacts,
  packet: Packet,
  does: string,
  { wire, fleet }: { readonly wire: Wire | null; readonly fleet: Tunnel['fleet'] },
): Problem {
  const { direction, address, port } = packet;
  const refusal = wire?.refusal ?? null;
  return problem(facts.host, 'tunnel-filtered-by-pf', {
    what: `pf on ${facts.host.name} ${does}`,
    evidence: `pfctl -sr: "${blockedBy(facts, packet)}" stops UDP ${direction} to ${address} port ${port}${refusal === null ? '' : `; tcpdump shows: ${refusal}`}`,
    remedy: pfRemedy(facts, packet, fleet) ?? '',
  });
}

function outer(facts: HostFacts, direction: 'in' | 'out', address: string, port: number): Packet {
  const egress = facts.interfaces.filter(one => one.groups.includes('egress'));
  const on = egress.flatMap(({ name }) => namesOf(facts, name));
  return { direction, protocol: 'udp', address, port, on: [...on, 'all'] };
}

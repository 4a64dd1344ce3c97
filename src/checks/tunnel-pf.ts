/** Whether pf(4) on one end of a tunnel keeps the outer packets from passing. Pure. */

import { rulesSay } from '../facts/pf-rules.ts';
import { familyOf } from '../hosts/addresses.ts';
import { ANCHOR } from '../tasks/packet-filter.ts';
import { type Problem, problem } from './problem.ts';
import type { Seen } from './seen.ts';
import type { Tunnel } from './tunnel.ts';
import { on } from './words.ts';

/** Asked when nothing comes back: a state that is alive passes whatever the rules say. */
export function stoppedByPf({ gateway, relay, fleet }: Tunnel): Problem | null {
  const { port } = fleet.tunnel;
  const to = gateway.peer?.endpoint?.split(' ')[0] ?? relay.host.endpoint;
  if (familyOf(to) === null) return null;
  if (says(gateway.seen, 'out', to, port) === 'block')
    return problem(
      gateway.host,
      'tunnel-filtered-by-pf',
      `pf on ${gateway.host.name} does not let the tunnel out`,
      `pfctl -sr: no rule passes UDP out to ${to} port ${port}`,
      on(gateway.host, `add "pass out proto udp to ${to} port ${port}" to /etc/pf.conf; pfctl -f /etc/pf.conf`),
    );
  if (says(relay.seen, 'in', to, port) === 'block')
    return problem(
      relay.host,
      'tunnel-filtered-by-pf',
      `pf on ${relay.host.name} does not let the tunnel in`,
      `pfctl -sr: no rule passes UDP in to ${to} port ${port}`,
      on(relay.host, `add "pass in proto udp to port ${port}" to /etc/pf.conf; pfctl -f /etc/pf.conf`),
    );
  return null;
}

function says({ pfEnabled, pfRules, interfaces }: Seen, direction: 'in' | 'out', address: string, port: number) {
  if (pfEnabled === false) return 'pass';
  const outer = interfaces.filter(one => one.groups.includes('egress'));
  const names = outer.flatMap(one => [one.name, ...one.groups, one.name.replace(/\d+$/, '')]);
  const packet = { direction, protocol: 'udp' as const, address, port, on: [...names, 'all'] };
  return rulesSay(pfRules.main, packet, { [ANCHOR]: pfRules.anchor });
}

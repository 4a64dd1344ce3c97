/** Whose keys a rotation concerns, and the runs on those hosts. */

import type { Fleet } from '../hosts/fleet.ts';
import { Failure } from '../run/failure.ts';
import { type HostRun, hostRun } from '../run/host-run.ts';
import { isTunnelHost } from '../tasks/neighbours.ts';
import { membersOf, type Turn, turnsOf } from '../tasks/rotation.ts';
import { answeringPeers } from '../tasks/tunnel-verification.ts';
import { wireguard } from '../tasks/wireguard.ts';
import { wireguardKey } from '../tasks/wireguard-key.ts';
import { connectionsTo } from './connections.ts';
import { chosenHosts } from './fleet.ts';
import { targetsOf } from './targets.ts';
import type { CommonOptions } from './terminal.ts';

/** The turns of the hosts that were chosen. @throws Failure where that is none. */
export function chosenTurns(fleet: Fleet, options: CommonOptions): readonly Turn[] {
  const wanted = chosenHosts(fleet, options);
  const turns = turnsOf(fleet).filter(turn => turn.rotating.some(host => wanted.has(host.name)));
  if (turns.length > 0) return turns;
  const names = [...wanted].join(' and ');
  const ends = turnsOf(fleet).flatMap(turn => turn.rotating.map(host => host.name));
  throw new Failure(`${names} has no WireGuard key`, '--host', `one of ${[...new Set(ends)].join(', ')}`);
}

/**
 * Asked are only the tunnel's own tasks, and who answers through it. Hosts that take no part are asked for their keys,
 * which the others' files have, and nothing else: another run may be at work there.
 */
export function runsOf(fleet: Fleet, turns: readonly Turn[]): ReadonlyMap<string, HostRun> {
  const members = new Set(turns.flatMap(membersOf).map(host => host.name));
  const targets = targetsOf(fleet, { only: [wireguardKey.name, wireguard.name] }, connectionsTo(fleet));
  return new Map(
    fleet.hosts.filter(isTunnelHost).flatMap(host => {
      const target = targets.find(one => one.host === host.name);
      return target
        ? [
            [
              host.name,
              hostRun(
                { ...target, asks: [...(target.asks ?? []), answeringPeers(host, fleet)] },
                members.has(host.name),
              ),
            ],
          ]
        : [];
    }),
  );
}

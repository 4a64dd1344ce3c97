/** The hosts of a rotation, and the runs on them. */
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

/** The turns of the chosen hosts. @throws Failure where there are none. */
export function chosenTurns(fleet: Fleet, options: CommonOptions): readonly Turn[] {
  const wanted = chosenHosts(fleet, options);
  const turns = turnsOf(fleet).filter(turn => turn.rotating.some(host => wanted.has(host.name)));
  if (turns.length > 0) return turns;
  const names = [...wanted].join(' and ');
  const ends = turnsOf(fleet).flatMap(turn => turn.rotating.map(host => host.name));
  throw new Failure('usage', `${names} has no WireGuard key`, '--host', `one of ${[...new Set(ends)].join(', ')}`);
}

/**
 * The runs, by host, with only the tasks of the tunnel, and a ping through it. Hosts that take no part are only asked for
 * their keys, which the files of the others contain: another run may be changing them.
 */
export function runsOf(fleet: Fleet, turns: readonly Turn[]): ReadonlyMap<string, HostRun> {
  const members = new Set(turns.flatMap(membersOf).map(host => host.name));
  const targets = targetsOf(fleet, { only: [wireguardKey.name, wireguard.name] }, connectionsTo(fleet));
  return new Map(
    fleet.hosts.filter(isTunnelHost).flatMap(host => {
      const target = targets.find(one => one.host === host.name);
      if (!target) return [];
      const asks = [...(target.asks ?? []), answeringPeers(host, fleet)];
      return [[host.name, hostRun({ ...target, asks }, members.has(host.name))] as const];
    }),
  );
}

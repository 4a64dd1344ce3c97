/** A run of `provision` on modelled machines: refused before anything is changed, or moves until nothing is left. */
import { parseHostsFile } from '../../../src/facts/hosts-file.ts';
import type { Host } from '../../../src/hosts/fleet.ts';
import { waitingForEachOther } from '../../../src/tasks/last-moves.ts';
import { refuseUnknown } from '../../../src/tasks/two-runs.ts';
import { drawing, inRole, type Role } from '../../lab/scenarios/edits.ts';
import { flow } from './mail.ts';
import { type Ending, move } from './moves.ts';
import { type Machine, machineOf, type World } from './world.ts';

export interface Run {
  /** Of the order in which hosts are changed. */
  readonly seed: number;
  /** Cannot be reached. */
  readonly away?: Machine;
  /** The roles of `--host`. */
  readonly only?: readonly Role[];
  /** The run is killed in this move, */
  readonly killedIn?: number;
  /** when so much of it is done. */
  readonly end?: Ending;
}

/** More than any run needs. */
const ROUNDS = 14;

/** Mail flows after every move. @returns what is left to do, and why. */
export function provision(world: World, run: Run): readonly string[] {
  // withCarried() treats mail that has waited for a minute differently.
  world.clock += run.seed % 2 === 0 ? 1 : 100;
  const draw = drawing(run.seed + 7);
  const selected = selectedBy(world, run);
  const canChange = (name: string): boolean => selected.some(host => host.name === name);
  const refusal = refusalOf(world, selected, run.away);
  if (refusal !== null) return [`refused: ${refusal}`];
  let moves = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = moves;
    const left: string[] = [];
    const seen = world.standings(run.away);
    for (const host of inAnyOrder(selected, draw)) {
      if (moves === run.killedIn) return ['killed'];
      const end = run.killedIn === moves + 1 ? (run.end ?? 'whole') : 'whole';
      const done = move(world, host, { seen, canChange, away: run.away, end });
      left.push(...done.left);
      if (!done.isMoved) continue;
      moves += 1;
      flow(world, `round ${round}: ${host.name}`);
    }
    if (moves === before) return left;
  }
  return ['no end'];
}

function selectedBy(world: World, { away, only = [] }: Run): readonly Host[] {
  const names = only.map(role => inRole(world.draft, role));
  return world.present(away).filter(({ name }) => names.length === 0 || names.includes(name));
}

const inAnyOrder = (hosts: readonly Host[], draw: (below: number) => number): readonly Host[] =>
  hosts
    .map(host => [draw(1000), host] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, host]) => host);

/** What a run says before it changes anything; null: nothing. */
function refusalOf(world: World, selected: readonly Host[], away: Machine | undefined): string | null {
  const { fleet } = world;
  const [seen, holders] = [world.standings(away), world.holders(away)];
  const circles = waitingForEachOther(fleet, seen, name => selected.some(host => host.name === name));
  if (circles.size > 0) return `circle of ${[...circles.keys()].join(', ')}`;
  for (const host of selected) {
    const { conf, hostsFile } = world.disk(machineOf(host)).files;
    const own = seen.get(host.name);
    const view = { ...fleet, holders, ...(own?.isSure ? { inForce: own.hops } : {}) };
    try {
      refuseUnknown(host, view, parseHostsFile(hostsFile), conf);
    } catch (error) {
      return `two runs: ${error instanceof Error ? error.message : error}`;
    }
  }
  return null;
}

/** Sequences of edits, each followed by a run: what is lost, and what never settles. */
import { type Hops, wantedHops } from '../../../src/tasks/hops.ts';
import { textOf } from '../../../src/tasks/last-moves.ts';
import { type Draft, drawing } from '../../lab/scenarios/edits.ts';
import { after } from '../../lab/scenarios/edits-drawn.ts';
import { fitted, senderDomains } from '../../lab/scenarios/edits-fitting.ts';
import { flow } from './mail.ts';
import { provision, type Run } from './runs.ts';
import { MACHINES, World } from './world.ts';

export interface Step extends Run {
  /** By the names that the lab's edits have; the seed is theirs as well. */
  readonly edits: readonly string[];
  /** Afterwards everybody can be reached until nothing is left to do. Without edits nobody retires any more, either. */
  readonly isSettled?: boolean;
}

/** What is found in the first step that goes wrong. */
export interface Found {
  readonly lost: readonly string[];
  readonly faults: readonly string[];
}

/** Undisturbed runs in which everything has to settle. */
const RUNS = 25;

/**
 * Plays steps one after another, beginning with three machines that have been set up; ends where one goes wrong.
 * @param watch is called after each.
 */
export function played(steps: readonly Step[], watch: (world: World, step: Step) => void = () => {}): Found {
  const world = new World();
  settle(world);
  for (const [index, step] of steps.entries()) {
    play(world, step);
    watch(world, step);
    const told = (text: string): string => `step ${index + 1}: ${text}`;
    const { lost, faults } = world;
    if (lost.length + faults.length > 0) return { lost: lost.map(told), faults: faults.map(told) };
  }
  return { lost: world.lost, faults: world.faults };
}

function play(world: World, step: Step): void {
  world.edit(after(world.draft, step.edits, drawing(step.seed)));
  provision(world, step);
  if (!step.isSettled) return;
  if (step.edits.length === 0 && !isWhole(world.draft)) world.edit(withoutRetiring(world.draft));
  if (isWhole(world.draft)) settle(world);
}

const isWhole = ({ hosts }: Draft): boolean => Object.values(hosts).every(({ retiring }) => !retiring);

const withoutRetiring = (draft: Draft): Draft => {
  const hosts = Object.entries(draft.hosts).map(([name, host]) => [name, { ...host, retiring: false }]);
  return fitted({ ...draft, hosts: Object.fromEntries(hosts) });
};

/** Everything is as the inventory says, and no mail waits. */
function settle(world: World): void {
  let left: readonly string[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    left = provision(world, { seed: run });
    flow(world, `settling, run ${run}`);
    if (left.length > 0 || unlikeInventory(world).length > 0 || waiting(world).length > 0) continue;
    world.senders = senderDomains(world.draft);
    flow(world, 'settled');
    return;
  }
  world.faults.push(`never settles: ${[...left, ...unlikeInventory(world), ...waiting(world)].join('; ')}`);
}

/** Where a host sends to, and from which address, may be other than wanted as long as that works. */
const withoutWays = (hops: Hops): string => textOf({ ...hops, sends: new Map(), binds: new Map() });

function unlikeInventory(world: World): readonly string[] {
  const { fleet } = world;
  const standings = world.standings();
  const isDone = (name: string, wanted: Hops): boolean => {
    const standing = standings.get(name);
    return standing !== undefined && withoutWays(standing.hops) === withoutWays(wanted);
  };
  return fleet.hosts.flatMap(host =>
    isDone(host.name, wantedHops(host, fleet)) ? [] : [`${host.name} is not as the inventory says`],
  );
}

const waiting = (world: World): readonly string[] =>
  MACHINES.flatMap(machine =>
    world
      .disk(machine)
      .queue.map(({ action, from, to, why }) => `mail waits on ${machine}: ${action} from ${from} to ${to}: ${why}`),
  );

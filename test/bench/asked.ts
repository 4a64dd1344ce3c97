/** How much is asked of the hosts and judged there, so that a time is never bought with less of it. */
import { readFileSync } from 'node:fs';
import { connectionsTo } from '../../src/commands/connections.ts';
import { targetsOf } from '../../src/commands/targets.ts';
import { readInventory } from '../../src/hosts/inventory.ts';
import { hostRun } from '../../src/run/host-run.ts';

export interface Asked {
  /** Resources judged, over all hosts. */
  readonly judged: number;
  /** Questions put to them: files by path, and everything else by its name. */
  readonly asked: number;
}

/** By the inventory at `path`, for `provision`. No host is contacted. */
export function askedBy(path: string): Asked {
  const fleet = readInventory(path, readFileSync(path, 'utf8'));
  const targets = targetsOf(fleet, {}, connectionsTo(fleet));
  const questions = targets.map(
    target => new Set(hostRun(target).questions.map(one => (one.kind === 'file' ? one.path : one.name))).size,
  );
  return {
    judged: targets.reduce((sum, { assigned }) => sum + assigned.length, 0),
    asked: questions.reduce((sum, count) => sum + count, 0),
  };
}

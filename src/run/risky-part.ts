/** The part of a plan that can cut off access, and what hosts send to each other while it is changed. */

import { Failure } from './failure.ts';
import { applied, arm, begin, disarmed, fail, type HostRun, sessionOf } from './host-run.ts';
import { type Move, movesOf, perform, stagesOf } from './perform.ts';
import type { PlannedChange } from './plan.ts';
import type { RunOptions } from './target.ts';
import { eachOf } from './waits.ts';

/** It can cut off access. */
export const isRisky = ({ risk }: PlannedChange): boolean => risk === 'lockout';

/** It is put back together with what is risky and comes later. */
const isArmed = (change: PlannedChange): boolean => isRisky(change) || change.risk === 'undone with lockout';

/** The plan up to its last risky change, without what only the next boot reads: that is written once it is proven. */
export function riskyPart(run: HostRun): readonly PlannedChange[] {
  const changes = run.planned?.changes ?? [];
  return changes.slice(0, changes.findLastIndex(isRisky) + 1).filter(change => change.risk !== 'next boot');
}

/** What a risky change does in two parts: what comes before it, up to the armed switch, and the change itself. */
export function partsOf(run: HostRun, seconds: number, { deadMan }: RunOptions) {
  const due = riskyPart(run);
  const first = due.findIndex(isArmed);
  const arming: Move = { section: deadMan.arm(seconds), change: null };
  const [before, armed] = [due.slice(0, first), due.slice(first)];
  return { before, armed, arming, opening: [...stagesOf(due), ...movesOf(before), arming] };
}

/**
 * Before connections between hosts are cut, all of them stop what goes over these: each waits for its own, and a far end
 * that is changed first cuts those of both. Only an armed switch resumes it whatever dies, so that can't go with the lock.
 */
export async function holdTraffic(runs: readonly HostRun[], seconds: number, options: RunOptions): Promise<void> {
  const cutting = runs.filter(run => riskyPart(run).some(change => change.cutsConnections));
  await eachOf(cutting, 'a quiet moment', options, async run => {
    const { before, arming, opening } = partsOf(run, seconds, options);
    const { host } = run.target;
    const moves = [...opening, { section: options.deadMan.hold, change: null }];
    arm(run);
    begin(run, before);
    const made = await perform(sessionOf(run), moves, [], label =>
      options.onProgress({ host, state: 'changing', label }),
    );
    applied(run, before, made.applied);
    if (made.failedAt !== null && made.failedAt <= moves.indexOf(arming)) disarmed(run);
    if (made.failure) throw made.failure;
  });
  const failed = cutting.filter(run => run.failure !== null).map(run => run.target.host);
  if (failed.length === 0) return;
  const failure = (host: string): Failure =>
    new Failure(`not changed: ${failed.join(', ')} could not be made ready`, host, 'see to that first, then run again');
  for (const run of cutting) fail(run, failure(run.target.host));
}

/** Whether the run has stopped what the host sends. */
export const hasHeld = (run: HostRun): boolean => run.changes.some(change => change.cutsConnections);

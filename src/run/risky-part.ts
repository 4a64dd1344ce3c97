/** The part of a plan that can cut off access, and a stop of what hosts send to each other meanwhile. */

import { Failure } from './failure.ts';
import { applied, arm, begin, disarmed, fail, type HostRun, sessionOf } from './host-run.ts';
import { type Move, movesOf, perform, stagesOf } from './perform.ts';
import type { PlannedChange } from './plan.ts';
import type { RunOptions } from './target.ts';
import { eachOf } from './waits.ts';

/** Whether a change can cut off access. */
export const isRisky = ({ risk }: PlannedChange): boolean => risk === 'lockout';

/** Whether it is rolled back together with a risky change. */
const isArmed = (change: PlannedChange): boolean => isRisky(change) || change.risk === 'undone with lockout';

/** The plan up to its last risky change, without what only the next boot reads: that is written after the confirmation. */
export function riskyPart(run: HostRun): readonly PlannedChange[] {
  const changes = run.planned?.changes ?? [];
  return changes.slice(0, changes.findLastIndex(isRisky) + 1).filter(change => change.risk !== 'next boot');
}

/** The two parts of it: what comes before the armed switch, and what is done under it. */
export function partsOf(run: HostRun, seconds: number, { deadMan }: RunOptions) {
  const due = riskyPart(run);
  const first = due.findIndex(isArmed);
  const arming: Move = { section: deadMan.arm(seconds), change: null };
  const [before, armed] = [due.slice(0, first), due.slice(first)];
  return { before, armed, arming, opening: [...stagesOf(due), ...movesOf(before), arming] };
}

/**
 * Before connections between hosts are cut, all hosts concerned stop sending: each waits only for its own, and the end that is
 * changed first cuts the connections of both. Only an armed switch resumes sending whatever dies, so this needs one.
 */
export async function holdTraffic(runs: readonly HostRun[], seconds: number, options: RunOptions): Promise<void> {
  const cutting = runs.filter(run => riskyPart(run).some(change => change.cutsConnections));
  await eachOf(cutting, 'traffic in transit', options, async run => {
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
    new Failure(
      'other-host-failed',
      `not changed: ${failed.join(', ')} could not be made ready`,
      host,
      `fix ${failed.join(', ')} first, then run again`,
    );
  for (const run of cutting) fail(run, failure(run.target.host));
}

/** Whether the run has stopped sending on the host. */
export const hasHeld = (run: HostRun): boolean => run.changes.some(change => change.cutsConnections);

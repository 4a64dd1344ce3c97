/**
 * Brings a set of hosts into the desired state: ask, judge, make what other hosts wait for, judge again, make the rest, ask
 * again and expect no difference. If nothing differs, the first exchange is the only one. What can cut off access is changed
 * under the dead-man switch and confirmed over a new connection before the rest follows.
 */

import { connectAndAsk } from './ask.ts';
import type { Failure } from './failure.ts';
import { close, each, type HostRun, hostRun, observedOn } from './host-run.ts';
import { judge } from './judge.ts';
import { endInterrupted, hasWork, takeLocks } from './locking.ts';
import { outcome, verify } from './outcome.ts';
import type { Plan } from './plan.ts';
import { askLeave, refuseHopeless } from './refusals.ts';
import type { Observed } from './resource.ts';
import { makeRest, makeRisky, makeWaitedFor } from './stages.ts';
import type { Outcome, RunOptions, Target } from './target.ts';
import { eachOf } from './waits.ts';

/** Never rejects for a failure on a host: that is in its outcome. */
export async function converge(targets: readonly Target[], options: RunOptions): Promise<readonly Outcome[]> {
  const runs = targets.map(target => hostRun(target));
  try {
    await eachOf(runs, 'the answers', options, run => connectAndAsk(run, options, true));
    judge(runs, options);
    refuseHopeless(runs);
    if (!options.check) {
      if (runs.some(hasWork)) await change(runs, options);
      await each(runs, options.concurrency, verify);
    }
    return runs.map(run => outcome(run, options));
  } finally {
    await close(runs);
  }
}

async function change(runs: readonly HostRun[], options: RunOptions): Promise<void> {
  // Also for what is replaced or cut off by the last of several moves: before the first, as --check shows it.
  judge(runs, { ...options, check: true });
  await each(runs, 1, run => askLeave(run, options));
  judge(runs, options);
  await endInterrupted(runs, options);
  await takeLocks(runs, options);
  await makeWaitedFor(runs, options);
  await makeRisky(runs, options);
  await makeRest(runs, options);
}

/** The answers of a host: `observed` and `planned` are null where it could not be asked. */
export interface Observation {
  readonly host: string;
  readonly observed: Observed | null;
  readonly planned: Plan | null;
  readonly failure: Failure | null;
  /** By this machine's clock, milliseconds since 1970: between the two the host has answered. */
  readonly asked: { readonly from: number; readonly until: number };
}

/** Asks every host and judges the answers, in one exchange each; changes nothing. */
export async function observeAll(
  targets: readonly Target[],
  options: Pick<RunOptions, 'concurrency' | 'provided' | 'onProgress'>,
): Promise<readonly Observation[]> {
  const runs = targets.map(target => hostRun(target));
  try {
    await each(runs, options.concurrency, run => connectAndAsk(run, { ...options, check: true }));
    judge(runs, { ...options, check: true });
    return runs.map(run => ({
      host: run.target.host,
      observed: observedOn(run),
      planned: run.planned,
      failure: run.failure,
      asked: run.asked,
    }));
  } finally {
    await close(runs);
  }
}

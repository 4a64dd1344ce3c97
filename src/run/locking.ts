/** Locks the hosts that a run is going to change, and ends what an interrupted run has left there. */

import { ask } from './ask.ts';
import { each, type HostRun, hasLock, note, sessionOf } from './host-run.ts';
import { judge } from './judge.ts';
import { locked, lockSection, unlockSection } from './lock.ts';
import { stepFailure } from './perform.ts';
import { leaveTheOthers } from './refusals.ts';
import type { RunOptions } from './target.ts';

/** Seconds of silence allowed while a timer that still runs is waited for: more than the default of a session. */
const PATIENCE_SECONDS = 180;

/** Ends a dead-man switch that is still armed, and asks again: two exchanges, only if there is one. */
export async function endInterrupted(
  runs: readonly HostRun[],
  options: Pick<RunOptions, 'concurrency' | 'onProgress' | 'provided' | 'deadMan'>,
): Promise<void> {
  const { recover } = options.deadMan;
  const unwell = runs.filter(isInterrupted);
  if (unwell.length === 0) return;
  await each(unwell, options.concurrency, async run => {
    await take(run);
    const { host } = run.target;
    options.onProgress({ host, state: 'changing', label: recover.label });
    const [recovered] = await sessionOf(run).exchange([recover], { silenceSeconds: PATIENCE_SECONDS });
    if (recovered?.exit !== 0) throw stepFailure(host, recover.label, recovered ?? null);
    await ask(run, true);
  });
  judge(runs, options);
}

/**
 * Locks every host that is going to change, or none: first one alone, so that of two simultaneous runs one gets all. A host
 * that another run has changed since it was asked is asked again.
 */
export async function takeLocks(runs: readonly HostRun[], options: RunOptions): Promise<void> {
  // Two simultaneous first runs may each have locked some of the hosts: then both release theirs and lock again in order.
  const isContended = runs.some(run => run.early === 'taken');
  const early = runs.filter(run => run.failure === null && run.early === 'locked');
  if (isContended)
    await each(early, options.concurrency, async run => {
      await sessionOf(run).exchange([unlockSection]);
      hasLock(run, false);
    });
  await lockAll(
    runs.filter(run => run.failure === null && (willChange(run) || mayChange(run)) && !run.isLocked),
    runs,
    options,
  );
  judge(runs, options);
}

/** Locks all of `due` or none; if that fails, no host of `runs` is changed. */
export async function lockAll(
  due: readonly HostRun[],
  runs: readonly HostRun[],
  options: Pick<RunOptions, 'concurrency' | 'onProgress'>,
): Promise<void> {
  for (const batch of [due.slice(0, 1), due.slice(1)]) {
    await each(batch, options.concurrency, async run => {
      options.onProgress({ host: run.target.host, state: 'asking', label: 'takes the lock' });
      await take(run);
    });
    const kept = batch.filter(run => run.failure !== null).map(run => run.target.host);
    if (kept.length > 0) {
      leaveTheOthers(runs, `could not lock ${kept.join(', ')}`, 'what to do is reported there');
      return;
    }
  }
}

const willChange = ({ planned, isOurs }: HostRun): boolean =>
  isOurs && planned !== null && planned.changes.length + planned.waiting.length > 0;

/** What is held back there may become possible when other hosts have changed. */
const mayChange = ({ planned, isOurs }: HostRun): boolean => isOurs && planned !== null && planned.held.length > 0;

const isInterrupted = ({ left, isOurs }: HostRun): boolean => isOurs && left !== null && (left.unended || left.held);

/** Something is to be changed there, or was left by an interrupted run. */
export const hasWork = (run: HostRun): boolean => willChange(run) || isInterrupted(run);

/**
 * Locks a host on which a change has become possible only after other hosts had changed.
 * @returns whether its plan holds: it does not where somebody changed the host meanwhile. @throws Failure where another run
 * holds the lock.
 */
export const lockLate = async (run: HostRun): Promise<boolean> => run.isLocked || !(await take(run));

/** @returns whether the host was asked again. @throws Failure where another run holds the lock. */
async function take(run: HostRun): Promise<boolean> {
  const { host } = run.target;
  const [answer] = await sessionOf(run).exchange([lockSection(run.left?.lastRun ?? '')]);
  const { notes, changedMeanwhile } = locked(host, answer);
  hasLock(run, true);
  note(run, notes);
  if (changedMeanwhile) await ask(run, true);
  return changedMeanwhile;
}

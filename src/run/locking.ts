/** The lock on hosts that a run is going to change, and an end to what an interrupted run left there. */

import { ask } from './ask.ts';
import { each, type HostRun, hasLock, note, sessionOf } from './host-run.ts';
import { judge } from './judge.ts';
import { locked, lockSection, unlockSection } from './lock.ts';
import { stepFailure } from './perform.ts';
import { leaveTheOthers } from './refusals.ts';
import type { RunOptions } from './target.ts';

/** A timer that still counts is waited for: longer than the silence that a session bears by itself. */
const PATIENCE_SECONDS = 180;

/** Ends a dead-man switch that nobody disarmed, and looks again: costs two exchanges, where there is one. */
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
 * Locks every host that is going to change, or none: the first one alone, so that of two runs at once one gets all.
 * Where somebody changed a host since it was looked at, it is looked at again.
 */
export async function takeLocks(runs: readonly HostRun[], options: RunOptions): Promise<void> {
  // Two first runs at once may each have got a part of the hosts: then both let go of theirs and stand in line.
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

/** Locks `due` or nothing of it; where it can't, all of `runs` are left as they are. */
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
      leaveTheOthers(runs, `could not lock ${kept.join(', ')}`, 'wait until the other run has ended');
      return;
    }
  }
}

const willChange = ({ planned, isOurs }: HostRun): boolean =>
  isOurs && planned !== null && planned.changes.length + planned.waiting.length > 0;

/** What is held back there may become due when others have changed. */
const mayChange = ({ planned, isOurs }: HostRun): boolean => isOurs && planned !== null && planned.held.length > 0;

const isInterrupted = ({ left, isOurs }: HostRun): boolean => isOurs && left !== null && (left.unended || left.held);

/** Something is to be changed there, or to be ended that an earlier run has left. */
export const hasWork = (run: HostRun): boolean => willChange(run) || isInterrupted(run);

/**
 * Locks a host on which something has become due only when others had changed.
 * @returns whether its plan holds: it does not where somebody changed the host meanwhile. @throws Failure where another run
 * holds the lock.
 */
export const lockLate = async (run: HostRun): Promise<boolean> => run.isLocked || !(await take(run));

/** @returns whether it was looked at again. @throws Failure where another run holds the lock. */
async function take(run: HostRun): Promise<boolean> {
  const { host } = run.target;
  const [answer] = await sessionOf(run).exchange([lockSection(run.left?.lastRun ?? '')]);
  const { notes, changedMeanwhile } = locked(host, answer);
  hasLock(run, true);
  note(run, notes);
  if (changedMeanwhile) await ask(run, true);
  return changedMeanwhile;
}

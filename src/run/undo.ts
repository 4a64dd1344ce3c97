/**
 * Restores on a set of hosts what the last run has replaced, the same run on all of them: asks what is kept, chooses the run,
 * restores, confirms that if it can cut off access, and completes it.
 */

import { connectAndAsk } from './ask.ts';
import { Failure } from './failure.ts';
import { lockedFailure } from './file-flags.ts';
import { close, each, fail, failedSo, type HostRun, hostRun, intend, observedOn } from './host-run.ts';
import { finishStep, isRisky, type KeptRun, keptFor, mayCut, putBackStep } from './kept.ts';
import { endInterrupted, lockAll } from './locking.ts';
import type { Plan, PlannedChange } from './plan.ts';
import { leaveTheOthers } from './refusals.ts';
import { change, type Observed, reason, type Step } from './resource.ts';
import type { Rollback } from './rollback.ts';
import { makeRest, makeRisky } from './stages.ts';
import { standStill } from './standstill.ts';
import type { Outcome, RunOptions, Target } from './target.ts';
import { UNDO, undoOutcome } from './undo-outcome.ts';

/** A host of an undo. */
export interface UndoTarget {
  /** @param chosen the run that is undone there, once that is known. */
  readonly target: (chosen: () => KeptRun | null) => Target;
  /** Why it cannot be restored now; then nothing is, on any host. @param all the hosts, by name. Pure. */
  readonly refusal: (run: KeptRun, observed: Observed, all: ReadonlyMap<string, Undone>) => Failure | null;
}

/** A host and its state before an undo. */
export interface Undone {
  /** Null: the run has changed nothing there. */
  readonly run: KeptRun | null;
  /** Null: it could not be asked. */
  readonly observed: Observed | null;
}

/** Options of an undo. */
interface UndoRun extends Omit<RunOptions, 'provided' | 'mayTakeOver'> {
  readonly rollback: Rollback;
  /** Everything that mailtun has ever installed, instead of the last run's changes. */
  readonly all: boolean;
  /** Whether a file is not restored, by its path. */
  readonly stays: (path: string) => boolean;
  /** Whether texts are compared, for people. */
  readonly diff: boolean;
}

/** A host and the run that is undone there. */
interface Undoing {
  readonly host: HostRun;
  readonly refusal: UndoTarget['refusal'];
  run: KeptRun | null;
}

/** Never rejects for what goes wrong on a host: that is in its outcome. */
export async function undo(targets: readonly UndoTarget[], undoRun: UndoRun): Promise<readonly Outcome[]> {
  const options = { ...undoRun, provided: new Map(), mayTakeOver: async () => true };
  const undoings = targets.map(target => undoingOf(target, options));
  const hosts = undoings.map(one => one.host);
  try {
    await each(hosts, options.concurrency, host => connectAndAsk(host, options));
    if (!options.check) await endInterrupted(hosts, options);
    choose(undoings, options);
    refuse(undoings, options);
    if (!options.check) await putBack(undoings, options);
    return await Promise.all(undoings.map(({ host, run }) => undoOutcome(host, run, options)));
  } finally {
    await close(hosts);
  }
}

async function putBack(undoings: readonly Undoing[], options: UndoRun & RunOptions): Promise<void> {
  const due = undoings.filter(({ host, run }) => host.failure === null && run !== null);
  const hosts = due.map(one => one.host);
  await lockAll(
    hosts,
    undoings.map(one => one.host),
    options,
  );
  choose(undoings, options);
  refuse(undoings, options);
  await standStill(
    due.flatMap(({ host, run }) => (run ? [{ host, run, leave: leftOf(run, options) }] : [])),
    options,
  );
  for (const one of due) intend(one.host, planOf(one, options, { puts: true, isFinal: false }));
  await makeRisky(hosts, options);
  for (const one of due)
    intend(
      one.host,
      planOf(one, options, { puts: one.run === null || !isRisky(one.run, options.rollback), isFinal: true }),
    );
  await makeRest(hosts, options);
  nameRestored(hosts);
}

/** Hosts that have not been restored although others have may not agree with these any more. */
function nameRestored(hosts: readonly HostRun[]): void {
  const isRestored = ({ changes }: HostRun): boolean => changes.some(one => one.resource === UNDO && one.applied);
  const restored = hosts.filter(isRestored).map(host => host.target.host);
  if (restored.length === 0) return;
  for (const host of hosts) {
    const { failure } = host;
    if (failure === null || isRestored(host)) continue;
    const what = `${failure.what}; restored already: ${restored.join(', ')}, and what hosts have to agree on may differ until the same command has restored this one`;
    failedSo(host, new Failure(failure.code, what, failure.where, failure.remedy));
  }
}

function undoingOf({ target, refusal }: UndoTarget, { rollback }: UndoRun): Undoing {
  const asked = target(() => undoing.run);
  const asks = [keptFor(rollback), ...(asked.asks ?? [])];
  const undoing: Undoing = { run: null, refusal, host: hostRun({ ...asked, asks }, true) };
  return undoing;
}

/** The same run on all hosts: the newest that any of them has. Undone on some only, the hosts would no longer agree. */
function choose(undoings: readonly Undoing[], { all, rollback }: UndoRun): void {
  const kept = undoings.map(({ host }) => observedOn(host)?.get(keptFor(rollback)) ?? []);
  const names = kept.flatMap(runs => runs.map(run => run.name)).filter(name => name !== 'original');
  const name = all ? 'original' : names.toSorted().at(-1);
  for (const [index, one] of undoings.entries()) one.run = kept[index]?.find(run => run.name === name) ?? null;
}

function refuse(undoings: readonly Undoing[], { stays }: UndoRun): void {
  const all = new Map(
    undoings.map(({ host, run }) => [host.target.host, { run, observed: observedOn(host) }] as const),
  );
  const refused = undoings.filter(({ host, run, refusal }) => {
    const observed = observedOn(host);
    const failure = run && observed ? (lockedIn(run, stays) ?? refusal(run, observed, all)) : null;
    if (failure) fail(host, failure);
    return failure !== null;
  });
  if (refused.length === 0) return;
  const names = refused.map(({ host }) => host.target.host).join(', ');
  leaveTheOthers(
    undoings.map(({ host }) => host),
    `${names} cannot be restored now`,
    `fix ${names} first`,
  );
}

/** A file that cannot be renamed: half of the run would be restored, on this host and on the others. */
function lockedIn({ locked }: KeptRun, stays: UndoRun['stays']): Failure | null {
  const [first] = [...(locked ?? [])].filter(([path]) => !stays(path));
  return first ? lockedFailure(...first) : null;
}

/** A plan of an undo's own steps, risky where going back can cut off access. */
function planOf(
  { run }: Undoing,
  { rollback, stays }: UndoRun,
  { puts, isFinal }: { readonly puts: boolean; readonly isFinal: boolean },
): Plan {
  const risk = run && puts && !isFinal && isRisky(run, rollback) ? 'lockout' : null;
  const cutsConnections = run !== null && risk !== null && mayCut(run, rollback);
  const planned = (step: Step): PlannedChange => ({
    ...change(UNDO, reason('undo-pending', ''), [step], { risk, cutsConnections }),
    task: 'undo',
  });
  const leave = run ? leftOf(run, { stays }) : [];
  const steps = run
    ? [...(puts ? [putBackStep(run, leave, rollback)] : []), ...(isFinal ? [finishStep(run, leave)] : [])]
    : [];
  return { changes: steps.map(planned), waiting: [], takesOver: [], held: [], failures: [], failed: [], without: [] };
}

/** The files of a run that stay as they are. */
const leftOf = ({ kept }: KeptRun, { stays }: Pick<UndoRun, 'stays'>): readonly string[] =>
  kept.map(one => one.name).filter(stays);

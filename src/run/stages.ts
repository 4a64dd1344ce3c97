/** The stages in which a run changes its hosts; after each, all of them are judged again. */

import { ask } from './ask.ts';
import type { Part } from './command.ts';
import { ConnectionLost } from './connection-lost.ts';
import { DEAD_MAN_SECONDS } from './dead-man.ts';
import { type Section, sectionOf } from './exchange.ts';
import {
  answered,
  applied,
  arm,
  begin,
  disarmed,
  each,
  type HostRun,
  isPartly,
  lost,
  observedOn,
  rolledBack,
  sessionOf,
  settled,
} from './host-run.ts';
import { judge } from './judge.ts';
import { lockSection } from './lock.ts';
import { lockLate } from './locking.ts';
import { questionsAfter, renewed } from './observe.ts';
import { refuseLeft } from './outcome.ts';
import { type Move, movesOf, type Performed, perform, stagesOf, syncMove } from './perform.ts';
import type { PlannedChange } from './plan.ts';
import { comeBack, putBackMeanwhile, takeBack } from './recovery.ts';
import { refuseHopeless } from './refusals.ts';
import type { Question } from './resource.ts';
import { hasHeld, holdTraffic, isRisky, partsOf, riskyPart } from './risky-part.ts';
import type { RunOptions } from './target.ts';
import { tryFirst, verify } from './verification.ts';
import { eachOf, waits } from './waits.ts';

/** What other hosts wait for: keys, certificates. */
export async function makeWaitedFor(runs: readonly HostRun[], options: RunOptions): Promise<void> {
  await eachOf(runs, 'what other hosts need', options, async run => {
    const publishing = new Set(run.target.assigned.filter(one => one.resource.publish).map(one => one.resource.id));
    const due = (run.planned?.changes ?? []).filter(change => publishing.has(change.resource));
    const { failure } = await make(run, due, [...stagesOf(due), ...movesOf(due)], {
      ...options,
      part: hasMore(run, due) ? 'waited for' : null,
    });
    if (failure) throw failure;
  });
  judge(runs, options);
  // What waited for that is judged only now.
  refuseHopeless(runs, 'only what other hosts need was made');
}

/** What can cut off access, with what comes before it: armed, made on all hosts, verified on all. */
export async function makeRisky(runs: readonly HostRun[], options: RunOptions): Promise<void> {
  const due = () => runs.filter(run => run.failure === null && riskyPart(run).length > 0);
  if (await tryFirst(due(), runs, options)) judge(runs, options);
  const risky = due();
  if (risky.length === 0) return;
  // The switch of a host must not expire while it waits for its turn.
  const rounds = Math.ceil(risky.length / options.concurrency);
  const seconds = (options.deadManSeconds ?? DEAD_MAN_SECONDS) * rounds;
  // Both ends at once: a host that is reached through what is changed may not answer before its far end is changed as well.
  const ends = [true, false].map(isCalled => risky.filter(run => (run.target.isCalled ?? false) === isCalled));
  const names = risky.map(run => run.target.host);
  const wait = waits(names, 'changes under the dead-man switch', options.onProgress);
  await holdTraffic(risky, seconds, options);
  await Promise.all(
    ends.map(those =>
      each(those, options.concurrency, run =>
        takeRisk(run, seconds, options).finally(() => wait.ready(run.target.host)),
      ),
    ),
  );
  wait.over();
  await eachOf(risky, 'a new connection', options, run => comeBack(run, seconds, options));
  judge(runs, options);
  // Until all were changed, one that was not could undo what was done on another, by what it still sent.
  const undone = risky.filter(run => run.failure === null && riskyPart(run).some(change => wasMade(run, change)));
  await each(undone, options.concurrency, run => takeRisk(run, seconds, options));
  if (undone.length > 0) judge(runs, options);
  // What is still risky would be made without a switch by the next stage.
  await each(risky, options.concurrency, run => refuseLeft(run.target.host, riskyPart(run).filter(isRisky)));
  await verify(risky, runs, options);
  await Promise.all(risky.filter(run => run.failure !== null).map(run => takeBack(run, seconds, options)));
  judge(runs, options);
}

/**
 * Widen the receiver, change the sender, narrow the receiver, for each of two hops in a row, and remove what nothing uses then;
 * more steps would be a loop.
 */
const MOVES = 7;

/** Everything else, step by step: what neighbours have to agree on is changed on each when the others are ready for it. */
export async function makeRest(runs: readonly HostRun[], options: RunOptions): Promise<void> {
  // What a host publishes in one step may be needed on another in the next, although both agree already.
  const moves = () =>
    runs.map(run => [run.move, ...(run.planned?.changes ?? []).map(one => one.resource)].join()).join('\n');
  for (let move = 0; move < MOVES; move += 1) {
    const before = moves();
    await makeNext(runs, options);
    if (moves() === before) return;
  }
}

/** If the switch is armed, it is disarmed first. */
async function makeNext(runs: readonly HostRun[], options: RunOptions): Promise<void> {
  await eachOf(runs, 'the other changes', options, async run => {
    const due = run.planned?.changes ?? [];
    if (due.length > 0 && !(await lockLate(run))) return;
    const first = run.deadMan.state === 'off' ? [] : [lockSection(''), options.deadMan.disarm];
    const isFirst = first.length > 0;
    const then = isFirst ? callsOf(run) : [];
    const asks = isFirst ? (run.target.afterRisk?.asks ?? []) : [];
    const own = [...first, ...then].map(section => ({ section, change: null }));
    const work = [...own, ...stagesOf(due), ...movesOf(due)];
    const last = isFirst && hasHeld(run) ? [{ section: options.deadMan.release, change: null }] : [];
    // Everything is on the disk before the run ends.
    const moves = work.length === 0 ? [] : [...work, ...last, syncMove];
    if (moves.length === 0 && isPartly(run)) await ask(run, true);
    const { failure, failedAt } = await make(run, due, moves, { ...options, asks });
    if (failedAt !== null && moves[failedAt]?.section === options.deadMan.disarm) await putBackMeanwhile(run);
    // The run that has taken the lock meanwhile rolls back, or the host does.
    if (failedAt !== null && failedAt < first.length) rolledBack(run);
    if (failure) throw failure;
    disarmed(run);
  });
  judge(runs, options);
}

/** Called after the far ends were changed as well. */
function callsOf(run: HostRun): readonly Section[] {
  const observed = observedOn(run);
  const command = observed && run.target.afterRisk?.call(observed);
  if (!command) return [];
  return [sectionOf('step', 'contacts its neighbours', { ...command, script: `${command.script}\nexit 0` })];
}

const wasMade = (run: HostRun, { resource }: PlannedChange): boolean =>
  run.changes.some(made => made.resource === resource && isRisky(made) && made.applied);

/** A connection that breaks may have depended on what was changed, so this is not a failure yet: the host is lost. */
async function takeRisk(run: HostRun, seconds: number, options: RunOptions): Promise<void> {
  const { before, armed, arming, opening } = partsOf(run, seconds, options);
  const isReady = run.deadMan.state === 'armed';
  const isAgain = armed.some(change => wasMade(run, change));
  const moves = [...(isReady ? stagesOf(isAgain ? armed : []) : opening), ...movesOf(armed)];
  if (!isReady) arm(run);
  try {
    const { failure, failedAt } = await make(run, isReady ? armed : [...before, ...armed], moves, {
      ...options,
      part: 'risky',
    });
    if (!isReady && failedAt !== null && failedAt <= moves.indexOf(arming)) disarmed(run);
    if (failure) throw failure;
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error;
    lost(run);
  }
}

interface Making extends Pick<RunOptions, 'onProgress'> {
  /** What is asked besides. */
  readonly asks?: readonly Question[];
  /** The part of the run to which the changes belong, if everything is asked after a later one; else null. */
  readonly part?: Part | null;
}

async function make(
  run: HostRun,
  changes: readonly PlannedChange[],
  moves: readonly Move[],
  { onProgress, asks = [], part = null }: Making,
): Promise<Pick<Performed, 'failure' | 'failedAt'>> {
  if (moves.length === 0) return { failure: null, failedAt: null };
  const { host } = run.target;
  const known = observedOn(run);
  const repeated = part && known ? questionsAfter(part, run.questions) : null;
  begin(run, changes);
  const result = await perform(sessionOf(run), moves, repeated ?? [...run.questions, ...asks], label =>
    onProgress({ host, state: 'changing', label }),
  );
  applied(run, changes, result.applied);
  if (known && repeated) answered(run, renewed(known, result.observed, repeated), false);
  else answered(run, result.observed);
  if (asks.length > 0) settled(run, result.observed);
  return result;
}

/** Whether something is planned besides these changes. */
const hasMore = ({ planned }: HostRun, changes: readonly PlannedChange[]): boolean =>
  planned !== null && planned.changes.length + planned.waiting.length > changes.length;

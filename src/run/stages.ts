/** The stages in which a run changes its hosts; each ends with a fresh judgement of all of them. */
import { setTimeout as delay } from 'node:timers/promises';
import { ConnectionLost } from './connection-lost.ts';
import type { ConvergeOptions } from './converge.ts';
import { DEAD_MAN_SECONDS } from './dead-man.ts';
import { Failure } from './failure.ts';
import { lockSection } from './lock.ts';
import { type Move, movesOf, type Performed, perform, stagesOf, syncMove } from './perform.ts';
import type { PlannedChange } from './plan.ts';
import { comeBack, prove, takeBack } from './proof.ts';
import { ask, each, judge, sessionOf, type Way } from './way.ts';

/** What other hosts wait for: keys, certificates. */
export async function makeWaitedFor(ways: readonly Way[], options: ConvergeOptions): Promise<void> {
  await each(ways, options.concurrency, async way => {
    const publishing = new Set(way.target.assigned.filter(one => one.resource.publish).map(one => one.resource.id));
    const due = (way.planned?.changes ?? []).filter(change => publishing.has(change.resource));
    const { failure } = await make(way, due, [...stagesOf(due), ...movesOf(due)], options);
    if (failure) throw failure;
  });
  judge(ways, options);
}

/**
 * What a host calls before it is ready is tried again after 5 s only, so who calls comes after whom he calls; but for a
 * host that can't answer before the other end is changed, too, no longer than this.
 */
const CALLED_MILLISECONDS = 5000;

/** What can cut the way in, with what comes before it: armed, made on all hosts, proven on all. */
export async function makeRisky(ways: readonly Way[], options: ConvergeOptions): Promise<void> {
  const risky = ways.filter(way => way.failure === null && riskyPart(way).length > 0);
  if (risky.length === 0) return;
  // Hosts that wait for their turn must not lose patience meanwhile.
  const rounds = Math.ceil(risky.length / options.concurrency);
  const seconds = (options.deadManSeconds ?? DEAD_MAN_SECONDS) * rounds;
  const [called, callers] = [true, false].map(isCalled =>
    risky.filter(way => (way.target.isCalled ?? false) === isCalled),
  );
  const taken = (those: readonly Way[] = []) =>
    each(those, options.concurrency, way => takeRisk(way, seconds, options));
  const first = taken(called);
  await Promise.race([first, delay(CALLED_MILLISECONDS, undefined, { ref: false })]);
  await Promise.all([first, taken(callers)]);
  await each(risky, options.concurrency, way => comeBack(way, seconds, options));
  judge(ways, options);
  await each(risky, options.concurrency, nothingRiskyLeft);
  await prove(risky, ways, options);
  await Promise.all(risky.filter(way => way.failure !== null).map(way => takeBack(way, seconds, options)));
  judge(ways, options);
}

/** Widen, send the new, narrow, at each of two hops behind one another; more would be a circle. */
const MOVES = 6;

/** Everything else, move by move: what neighbours have to agree on, each changes when the others are ready for it. */
export async function makeRest(ways: readonly Way[], options: ConvergeOptions): Promise<void> {
  const moves = () => ways.map(way => way.move).join('\n');
  for (let move = 0; move < MOVES; move += 1) {
    const before = moves();
    await makeNext(ways, options);
    if (moves() === before) return;
  }
}

/** First of all the switch is disarmed where it is armed. */
async function makeNext(ways: readonly Way[], options: ConvergeOptions): Promise<void> {
  await each(ways, options.concurrency, async way => {
    const due = way.planned?.changes ?? [];
    const first = way.armedAt === null ? [] : [lockSection(''), options.deadMan.disarm];
    const work = [...first.map(section => ({ section, change: null })), ...stagesOf(due), ...movesOf(due)];
    // The end of the run is on the disk before it says so.
    const moves = work.length === 0 ? [] : [...work, syncMove];
    const { failure, failedAt } = await make(way, due, moves, options);
    if (failedAt !== null && moves[failedAt]?.section === options.deadMan.disarm) await putBackMeanwhile(way);
    // Whoever has taken the lock meanwhile puts back what was risked, or the host does.
    if (failedAt !== null && failedAt < first.length) notApplied(way);
    if (failure) throw failure;
    way.armedAt = null;
  });
  judge(ways, options);
}

const isRisky = ({ risk }: PlannedChange): boolean => risk === 'lockout';

/** It is put back together with what is risky and comes later. */
const isArmed = (change: PlannedChange): boolean => isRisky(change) || change.risk === 'undone with lockout';

/** The plan up to its last risky change, without what only the next boot reads: that is written once it is proven. */
function riskyPart(way: Way): readonly PlannedChange[] {
  const changes = way.planned?.changes ?? [];
  return changes.slice(0, changes.findLastIndex(isRisky) + 1).filter(change => change.risk !== 'next boot');
}

/** A connection that dies meanwhile may have led through what was changed: it says nothing yet. */
async function takeRisk(way: Way, seconds: number, options: ConvergeOptions): Promise<void> {
  const due = riskyPart(way);
  const first = due.findIndex(isArmed);
  const arm = { section: options.deadMan.arm(seconds), change: null };
  const moves = [...stagesOf(due), ...movesOf(due.slice(0, first)), arm, ...movesOf(due.slice(first))];
  way.armedAt = Date.now();
  try {
    const { failure, failedAt } = await make(way, due, moves, options);
    if (failedAt !== null && failedAt <= moves.indexOf(arm)) way.armedAt = null;
    if (failure) throw failure;
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error;
    way.observed = null;
  }
}

/** The proof was there, but the host had lost its patience. @throws Failure. */
async function putBackMeanwhile(way: Way): Promise<never> {
  notApplied(way);
  await ask(way, true);
  throw new Failure(
    'confirmed too late: the host had already rolled back',
    way.target.host,
    'run again; if it stays so, the host or the way to it is too slow',
  );
}

function notApplied(way: Way): void {
  way.armedAt = null;
  for (const change of way.changes) if (change.risk !== null) change.applied = false;
}

/** What is still risky would be made without a switch by the next stage. @throws Failure. */
function nothingRiskyLeft(way: Way): void {
  const [left] = riskyPart(way).filter(isRisky);
  if (left)
    throw new Failure(
      `${left.resource} still differs after the change: ${left.why}`,
      way.target.host,
      'run again with --verbose; if it stays so, something on the host undoes it, or this is a bug in mailtun',
    );
}

async function make(
  way: Way,
  changes: readonly PlannedChange[],
  moves: readonly Move[],
  { onProgress }: ConvergeOptions,
): Promise<Pick<Performed, 'failure' | 'failedAt'>> {
  if (moves.length === 0) return { failure: null, failedAt: null };
  const { host } = way.target;
  const made = changes.map(change => ({ ...change, applied: false }));
  way.changes.push(...made);
  const result = await perform(sessionOf(way), moves, way.questions, label =>
    onProgress({ host, state: 'changing', label }),
  );
  for (const [index, change] of changes.entries()) {
    const entry = made[index];
    if (entry) entry.applied = result.applied.includes(change);
  }
  way.observed = result.observed;
  return result;
}

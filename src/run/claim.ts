/** A run's claim on the hosts it is going to change: the lock, and an end to what an interrupted run left. */
import type { ConvergeOptions } from './converge.ts';
import { locked, lockSection } from './lock.ts';
import { stepFailure } from './perform.ts';
import { leaveTheOthers } from './refusals.ts';
import { ask, each, judge, sessionOf, type Way } from './way.ts';

/** A timer that still counts is waited for: longer than the silence that a session bears by itself. */
const PATIENCE_SECONDS = 180;

/** Ends a dead-man switch that nobody disarmed, and looks again: costs two exchanges, where there is one. */
export async function healLeftovers(
  ways: readonly Way[],
  options: Pick<ConvergeOptions, 'concurrency' | 'onProgress' | 'given' | 'deadMan'>,
): Promise<void> {
  const { recover } = options.deadMan;
  const unwell = ways.filter(way => way.left?.unended && way.isOurs);
  if (unwell.length === 0) return;
  await each(unwell, options.concurrency, async way => {
    await take(way);
    const { host } = way.target;
    options.onProgress({ host, state: 'changing', label: recover.label });
    const [healed] = await sessionOf(way).exchange([recover], { silenceSeconds: PATIENCE_SECONDS });
    if (healed?.exit !== 0) throw stepFailure(host, recover.label, healed ?? null);
    await ask(way, true);
  });
  judge(ways, options);
}

/**
 * Locks every host that is going to change, or none: the first one alone, so that of two runs at once one gets all.
 * Where somebody changed a host since it was looked at, it is looked at again.
 */
export async function takeLocks(ways: readonly Way[], options: ConvergeOptions): Promise<void> {
  await lockAll(
    ways.filter(way => way.failure === null && willChange(way)),
    ways,
    options,
  );
  judge(ways, options);
}

/** Locks `due` or nothing of it; where it can't, all of `ways` are left as they are. */
export async function lockAll(
  due: readonly Way[],
  ways: readonly Way[],
  options: Pick<ConvergeOptions, 'concurrency' | 'onProgress'>,
): Promise<void> {
  for (const batch of [due.slice(0, 1), due.slice(1)]) {
    await each(batch, options.concurrency, async way => {
      options.onProgress({ host: way.target.host, state: 'asking', label: 'takes the lock' });
      await take(way);
    });
    const kept = batch.filter(way => way.failure !== null).map(way => way.target.host);
    if (kept.length > 0) {
      leaveTheOthers(ways, `could not lock ${kept.join(', ')}`, 'wait until the other run has ended');
      return;
    }
  }
}

const willChange = ({ planned, isOurs }: Way): boolean =>
  isOurs && planned !== null && planned.changes.length + planned.waiting.length > 0;

/** Something is to be changed there, or to be ended that an earlier run has left. */
export const hasWork = (way: Way): boolean => willChange(way) || (way.isOurs && way.left?.unended === true);

/** @throws Failure where another run holds the lock. */
async function take(way: Way): Promise<void> {
  const { host } = way.target;
  const [answer] = await sessionOf(way).exchange([lockSection(way.left?.lastRun ?? '')]);
  const { remarks, changedMeanwhile } = locked(host, answer);
  way.remarks.push(...remarks);
  if (changedMeanwhile) await ask(way, true);
}

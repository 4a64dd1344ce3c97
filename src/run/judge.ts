/** The second step of a run: what the answers of all hosts mean for each of them. */

import type { Desired, ObservedHosts } from './desired.ts';
import { type HostRun, intend, observedOn } from './host-run.ts';
import { plan, publishedBy, recalledBy } from './plan.ts';
import type { Observed, Published } from './resource.ts';
import type { RunOptions } from './target.ts';

/**
 * Judges every host again with everything that is published by now. A host that cannot be asked, or may still roll back, is
 * taken as the others remember it.
 */
export function judge(runs: readonly HostRun[], options: Pick<RunOptions, 'provided'> & { check?: boolean }): void {
  const away = runs.filter(run => certainOn(run) === null).map(run => run.target.host);
  const observedHosts = observedBy(runs);
  const desires = new Map(
    runs.map(run => [run, run.target.desire?.(observedHosts, options.check ?? false) ?? unmoved(run)] as const),
  );
  const known = new Map([...options.provided, ...partsOf(runs, desires)]);
  for (const [run, { assigned, held, move }] of desires) {
    const observed = observedOn(run);
    if (observed) intend(run, plan(assigned, observed, known, { away, held, changed: changedOn(run) }), move);
  }
}

const changedOn = ({ changes }: HostRun): readonly string[] =>
  changes.flatMap(({ resource, applied }) => (applied ? [resource] : []));

/** A host's answers; null if a switch is armed there that this run does not end: the host may still roll back. */
export const certainOn = (run: HostRun): Observed | null => (!run.isOurs && run.left?.unended ? null : observedOn(run));

const unmoved = ({ target }: HostRun): Desired => ({ assigned: target.assigned, held: [], move: '' });

const observedBy = (runs: readonly HostRun[]): ObservedHosts =>
  new Map(
    runs.map(run => {
      const observed = certainOn(run);
      return [run.target.host, { observed, canChange: run.isOurs && observed !== null && run.failure === null }];
    }),
  );

/** The public parts of every host: as it publishes them itself, else as others remember them. */
export function partsOf(runs: readonly HostRun[], desires: ReadonlyMap<HostRun, Desired> = new Map()): Published {
  const parts = new Map<string, Readonly<Record<string, string>>>();
  const away = new Set(runs.filter(run => certainOn(run) === null).map(run => run.target.host));
  for (const run of runs) {
    const { target } = run;
    const observed = certainOn(run);
    const publishes = desires.get(run)?.publishes ?? target.publishes;
    if (!observed) continue;
    // What others remember is read only if it is needed.
    for (const [host, known] of away.size > 0 ? recalledBy(publishes, observed) : [])
      if (away.has(host)) parts.set(host, { ...parts.get(host), ...known });
    parts.set(target.host, publishedBy(publishes, observed));
  }
  return parts;
}

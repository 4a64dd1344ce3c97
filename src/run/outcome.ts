/** The result of a run on a host. */

import { type Held, heldBackText } from './desired.ts';
import { Failure } from './failure.ts';
import { type HostRun, roundTripsOf } from './host-run.ts';
import type { PlannedChange } from './plan.ts';
import { joined } from './refusals.ts';
import { change, reason } from './resource.ts';
import type { Outcome, RunOptions } from './target.ts';

/** @throws Failure where a change has been made and is due again. */
export function refuseLeft(host: string, [left]: readonly PlannedChange[]): void {
  if (left)
    throw new Failure(
      'still-differs',
      `${left.resource} still differs after the change: ${left.why}`,
      host,
      'run again with --verbose; if it happens again, something on the host undoes the change, or this is a bug in mailtun',
    );
}

/** After everything was made, nothing is left to do. @throws Failure. */
export function verify(run: HostRun): void {
  const { planned, target } = run;
  if (!planned) return;
  refuseLeft(target.host, planned.changes);
  const [wait, ...more] = planned.waiting;
  if (wait)
    throw new Failure(
      'waits-for-host',
      `${wait.resource}${more.length > 0 ? ` and ${more.length} more wait` : ' waits'} for the ${wait.key} of ${wait.host}`,
      target.host,
      `run again when ${wait.host} can be changed; everything else is done`,
    );
  if (planned.failures.length > 0) throw joined(planned.failures);
}

/** Changes that are still to be made count as not applied: with --check that is all of them. */
export function outcome(run: HostRun, { onProgress }: RunOptions): Outcome {
  const { target, planned, changes, failure } = run;
  const known = new Set(changes.map(one => one.resource));
  const waiting = (planned?.waiting ?? []).map(({ task, resource, host, key, loses }): PlannedChange => {
    const why = `depends on the ${key} that ${host} has not made yet${loses ? `; ${loses}` : ''}`;
    return { ...change(resource, reason('waits-for-host', why), []), task };
  });
  const pending = [...(planned?.changes ?? []), ...waiting].filter(one => !known.has(one.resource));
  const held = (planned?.held ?? []).map(heldBack);
  const touched = new Set([...changes, ...pending, ...held].map(one => one.resource));
  onProgress({ host: target.host, state: failure ? 'failed' : 'done', label: failure?.what ?? '' });
  return {
    host: target.host,
    changes: [...changes, ...[...pending, ...held].map(one => ({ ...one, applied: false }))],
    unchanged: planned ? target.assigned.filter(one => !touched.has(one.resource.id)).length : 0,
    failure,
    roundTrips: roundTripsOf(run),
    settled: run.settled,
    notes: [
      ...run.notes,
      ...(failure || !planned
        ? []
        : [
            ...(planned.notes ?? []),
            ...planned.without.map(withoutIt),
            ...held.map(one => `${one.resource}: ${one.why}`),
          ]),
    ],
  };
}

/** A change that this run does not make; the next one makes it once the other host can be changed. */
const heldBack = ({ task, resource, ...held }: Held): PlannedChange => ({
  ...change(resource, reason('held-back', heldBackText(held)), []),
  task,
});

const withoutIt = (host: string): string =>
  `everything that depends on ${host} was skipped: run again when it can be reached`;

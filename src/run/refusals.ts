/** What stops a run while nothing has been changed anywhere. */

import { Failure } from './failure.ts';
import { fail, type HostRun } from './host-run.ts';
import type { RunOptions } from './target.ts';

/**
 * A failure that no change can fix stops the whole run; what the run itself has tried in vain, such as a certificate that the
 * authority refuses, only ends it as failed, after everything else. @param far how far it has come.
 */
export function refuseHopeless(runs: readonly HostRun[], far = NOTHING): void {
  const hopeless = runs.filter(run => hopelessIn(run).length > 0);
  for (const run of hopeless) fail(run, joined(hopelessIn(run)));
  if (hopeless.length === 0) return;
  const names = hopeless.map(run => run.target.host).join(', ');
  leaveTheOthers(runs, `${names} cannot be set up as described in the inventory`, `fix ${names} first`, far);
}

const hopelessIn = ({ planned, changes }: HostRun): readonly Failure[] =>
  (planned?.failures ?? []).filter((_, index) => !changes.some(one => one.resource === planned?.failed[index]));

const NOTHING = 'nothing was changed on any host';

/** No other host of the run is changed. */
export function leaveTheOthers(runs: readonly HostRun[], why: string, remedy: string, far = NOTHING): void {
  for (const run of runs.filter(run => run.isOurs))
    fail(run, new Failure('other-host-failed', `not changed: ${why}`, run.target.host, `${remedy}; ${far}`));
}

/** Several failures as one. */
export function joined(failures: readonly Failure[]): Failure {
  const [first, ...rest] = failures;
  if (!first) throw new Error('no failure to report');
  const once = (texts: readonly string[]): string => [...new Set(texts)].join('; ');
  return rest.length === 0
    ? first
    : new Failure(first.code, once(failures.map(one => one.what)), first.where, once(failures.map(one => one.remedy)));
}

/** @throws Failure unless --take-over or the user allows to replace foreign files and to cut off neighbours. */
export async function askLeave(run: HostRun, { mayTakeOver }: RunOptions): Promise<void> {
  const paths = run.planned?.takesOver ?? [];
  const leaves = run.planned?.leaves ?? [];
  if (paths.length + leaves.length === 0 || (await mayTakeOver(run.target.host, paths, leaves))) return;
  if (leaves.length > 0)
    throw new Failure(
      'neighbour-still-needed',
      `would cut off a host that may still be needed: ${leaves.join('; ')}`,
      run.target.host,
      'put it back into the inventory with retiring: true until `mailtun status` reports that it can be removed, run mailtun provision again and remove it; or allow this with --take-over',
    );
  throw new Failure(
    'take-over-needed',
    `would replace what mailtun did not write: ${paths.join(', ')}`,
    run.target.host,
    [
      ...(run.planned?.waiting ?? []).flatMap(one => one.loses ?? []),
      'check the changes with --check --diff, then allow them with --take-over; the old files are kept on the host for `mailtun undo`',
    ].join('; '),
  );
}

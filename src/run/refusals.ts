/** What stops a run while nothing has been changed anywhere. */
import type { ConvergeOptions } from './converge.ts';
import { Failure } from './failure.ts';
import type { Way } from './way.ts';

/** What no change could mend stops the whole run. */
export function refuseHopeless(ways: readonly Way[]): void {
  const hopeless = ways.filter(way => way.planned && way.planned.failures.length > 0);
  for (const way of hopeless) way.failure ??= joined(way.planned?.failures ?? []);
  if (hopeless.length === 0) return;
  const names = hopeless.map(way => way.target.host).join(', ');
  leaveTheOthers(ways, `${names} can't be set up as the inventory says`, `fix ${names} first`);
}

/** Every other host of the run is left as it is. */
export function leaveTheOthers(ways: readonly Way[], why: string, remedy: string): void {
  for (const way of ways.filter(way => way.isOurs))
    way.failure ??= new Failure(
      `not changed: ${why}`,
      way.target.host,
      `${remedy}; nothing has been changed on any host`,
    );
}

/** Several failures as one. */
export function joined(failures: readonly Failure[]): Failure {
  const [first, ...rest] = failures;
  if (!first) throw new Error('no failure to tell');
  return rest.length === 0
    ? first
    : new Failure(failures.map(one => one.what).join('; '), first.where, failures.map(one => one.remedy).join('; '));
}

/** A host whose files nobody allows to be replaced is left as it is. @throws Failure. */
export async function askLeave(way: Way, { mayTakeOver }: ConvergeOptions): Promise<void> {
  const paths = way.planned?.takesOver ?? [];
  if (paths.length === 0 || (await mayTakeOver(way.target.host, paths))) return;
  throw new Failure(
    `would replace what mailtun did not write: ${paths.join(', ')}`,
    way.target.host,
    [
      ...(way.planned?.waiting ?? []).flatMap(one => one.loses ?? []),
      'look at it with --check --diff, then allow it with --take-over; the old files are kept on the host for `mailtun undo`',
    ].join('; '),
  );
}

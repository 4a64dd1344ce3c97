import { progressFor } from '../report/progress.ts';
import { converge } from '../run/converge.ts';
import type { Outcome } from '../run/target.ts';
import { DEAD_MAN } from '../tasks/rollback.ts';
import type { Begun } from './begin.ts';
import { reportOutcomes } from './report-outcomes.ts';
import { targetsOf } from './targets.ts';
import { CONCURRENCY, type CommonOptions, EXIT, type Terminal } from './terminal.ts';
import { withTunnelsChecked } from './tunnel-check.ts';

/** Options of `mailtun provision`. */
export interface ProvisionOptions extends CommonOptions {
  readonly only?: readonly string[];
  readonly check?: boolean;
  readonly diff?: boolean;
  readonly takeOver?: boolean;
}

/** Brings the hosts into the state that the inventory describes. Resolves to the exit status. */
export async function makeWanted(
  { fleet, connections, provided }: Begun,
  options: ProvisionOptions,
  terminal: Terminal,
): Promise<number> {
  const targets = targetsOf(fleet, options, connections);
  const view = progressFor(
    targets.map(target => target.host),
    options,
    terminal,
  );
  const check = options.check ?? false;
  const converged = await converge(targets, {
    check,
    concurrency: options.concurrency ?? CONCURRENCY,
    provided,
    deadMan: DEAD_MAN,
    onProgress: view.on,
    mayTakeOver: async (host, paths, leaves) => {
      if (options.takeOver) return true;
      for (const left of leaves) if (!(await terminal.confirm(`${host}: ${left}. Continue?`))) return false;
      return (
        paths.length === 0 || terminal.confirm(`${host}: replace ${paths.join(', ')}, which mailtun did not write?`)
      );
    },
  });
  const outcomes = check ? converged : await withTunnelsChecked(fleet, targets, converged);
  await view.end();
  // The other hosts were only asked for what these need; where that is missing, these report it.
  const chosen = outcomes.filter((_, index) => (targets[index]?.assigned.length ?? 0) > 0);
  await reportOutcomes('provision', chosen, options, terminal);
  return exitStatus(chosen, check);
}

function exitStatus(outcomes: readonly Outcome[], check: boolean): number {
  if (outcomes.some(outcome => outcome.failure)) return EXIT.failed;
  // Without a failure, a change that was not applied waits for another host.
  const left = outcomes.flatMap(outcome => outcome.changes.filter(change => check || !change.applied));
  return left.length > 0 ? EXIT.unwell : EXIT.well;
}

import { progressFor } from '../report/progress.ts';
import { DEAD_MAN_SECONDS } from '../run/dead-man.ts';
import { Failure } from '../run/failure.ts';
import { undo as undoOn } from '../run/undo.ts';
import { DEAD_MAN, ROLLBACK } from '../tasks/rollback.ts';
import { connectionsTo } from './connections.ts';
import { chosenHosts, loadFleet } from './fleet.ts';
import { reportOutcomes } from './report-outcomes.ts';
import { CONCURRENCY, type CommonOptions, EXIT, type Terminal } from './terminal.ts';
import { isKey, undoTarget } from './undo-targets.ts';

/** Options of `mailtun undo`. */
export interface UndoOptions extends CommonOptions {
  readonly check?: boolean;
  readonly diff?: boolean;
  /** Whether to remove everything that mailtun ever installed, instead of the last run's changes. */
  readonly all?: boolean;
  /** With `all`: whether to remove the keys as well. */
  readonly keys?: boolean;
}

/** Restores what the last run that changed anything has replaced, on all its hosts. Resolves to the exit status. */
export async function undo(
  inventory: string | undefined,
  options: UndoOptions,
  terminal: Terminal,
  deadManSeconds = DEAD_MAN_SECONDS,
): Promise<number> {
  refuseContradictions(options);
  const { check = false, diff = false, all = false, keys = false } = options;
  const fleet = await loadFleet(inventory, terminal);
  const names = chosenHosts(fleet, options);
  const hosts = fleet.hosts.filter(host => names.has(host.name));
  const connections = connectionsTo(fleet);
  const view = progressFor(
    hosts.map(host => host.name),
    options,
    terminal,
  );
  const outcomes = await undoOn(
    hosts.map(host => undoTarget(host, fleet, connections)),
    {
      check,
      diff,
      all,
      stays: path => all && !keys && isKey(path),
      rollback: ROLLBACK,
      deadMan: DEAD_MAN,
      deadManSeconds,
      onProgress: view.on,
      concurrency: options.concurrency ?? CONCURRENCY,
    },
  );
  for (const { host, failure } of outcomes) view.on({ host, state: failure ? 'failed' : 'done', label: '' });
  await view.end();
  await reportOutcomes('undo', outcomes, options, terminal);
  if (outcomes.some(outcome => outcome.failure)) return EXIT.failed;
  return check && outcomes.some(outcome => outcome.changes.length > 0) ? EXIT.unwell : EXIT.well;
}

function refuseContradictions({ check, diff, all, keys }: UndoOptions): void {
  if (keys && !all) throw new Failure('usage', '--keys needs --all', 'undo', 'write mailtun undo --all --keys');
  if (diff && !check) throw new Failure('usage', '--diff needs --check', 'undo', 'write mailtun undo --check --diff');
}

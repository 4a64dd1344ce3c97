import { diffText } from '../report/diff.ts';
import { progressFor } from '../report/progress.ts';
import { provisionJson, provisionText, remarksText } from '../report/provision.ts';
import { look } from '../run/ask.ts';
import { healLeftovers, lockAll } from '../run/claim.ts';
import { DEAD_MAN_SECONDS } from '../run/dead-man.ts';
import { Failure } from '../run/failure.ts';
import { close, each, intend } from '../run/host-run.ts';
import { makeRest, makeRisky } from '../run/stages.ts';
import type { Outcome } from '../run/target.ts';
import { finishStep, isRisky } from '../run/undo.ts';
import { DEAD_MAN, ROLLBACK } from '../tasks/rollback.ts';
import { connectionsTo } from './connections.ts';
import { chosenHosts, loadFleet } from './fleet.ts';
import { CONCURRENCY, EXIT, type Terminal } from './terminal.ts';
import {
  choose,
  outcomeOf,
  planOf,
  putBack,
  refuseToStrand,
  type Undoing,
  type UndoOptions,
  undoingOf,
} from './undo-plan.ts';

/** Puts back what the last run that changed anything has replaced, on all its hosts. Resolves to the exit status. */
export async function undo(
  inventory: string | undefined,
  options: UndoOptions,
  terminal: Terminal,
  deadManSeconds = DEAD_MAN_SECONDS,
): Promise<number> {
  if (options.keys && !options.all) throw new Failure('--keys is for --all', 'undo', 'write mailtun undo --all --keys');
  if (options.diff && !options.check)
    throw new Failure('--diff is for --check', 'undo', 'write mailtun undo --check --diff');
  const fleet = await loadFleet(inventory, terminal);
  const names = chosenHosts(fleet, options);
  const hosts = fleet.hosts.filter(host => names.has(host.name));
  const connections = connectionsTo(fleet);
  const undoings = hosts.map(host => undoingOf(host, fleet, connections));
  const view = progressFor(
    hosts.map(host => host.name),
    options,
    terminal,
  );
  const check = options.check ?? false;
  try {
    await goBack(undoings, {
      ...options,
      check,
      deadManSeconds,
      onProgress: view.on,
      concurrency: options.concurrency ?? CONCURRENCY,
      given: new Map(),
      deadMan: DEAD_MAN,
      mayTakeOver: async () => true,
    });
    const outcomes = await Promise.all(undoings.map(one => outcomeOf(one, options)));
    for (const { host, failure } of outcomes) view.on({ host, state: failure ? 'failed' : 'done', label: '' });
    await view.end();
    report(outcomes, options, terminal);
    if (outcomes.some(outcome => outcome.failure)) return EXIT.failed;
    return check && outcomes.some(outcome => outcome.changes.length > 0) ? EXIT.unwell : EXIT.well;
  } finally {
    await close(undoings.map(one => one.host));
  }
}

type GoingBack = UndoOptions & Parameters<typeof makeRisky>[1];

async function goBack(undoings: readonly Undoing[], options: GoingBack): Promise<void> {
  const hosts = undoings.map(one => one.host);
  await each(hosts, options.concurrency, host => look(host, options));
  if (!options.check) await healLeftovers(hosts, options);
  choose(undoings, options);
  refuseToStrand(undoings);
  if (options.check) return;
  const due = undoings.filter(({ host, run }) => host.failure === null && run !== null);
  await lockAll(
    due.map(one => one.host),
    hosts,
    options,
  );
  choose(undoings, options);
  for (const one of due) intend(one.host, planOf(one, options, [putBack]));
  await makeRisky(
    due.map(one => one.host),
    options,
  );
  for (const one of due)
    intend(
      one.host,
      planOf(one, options, one.run && isRisky(one.run, ROLLBACK) ? [finishStep] : [putBack, finishStep]),
    );
  await makeRest(
    due.map(one => one.host),
    options,
  );
}

function report(outcomes: readonly Outcome[], options: UndoOptions, terminal: Terminal): void {
  const check = options.check ?? false;
  const diff = options.diff ? diffText(outcomes) : '';
  if (options.json) {
    terminal.out(`${JSON.stringify(provisionJson(outcomes, check, 'undo'))}\n`);
    terminal.err(diff + remarksText(outcomes));
  } else terminal.out(diff + provisionText(outcomes, check));
}

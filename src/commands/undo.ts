import { healLeftovers, lockAll } from '../engine/claim.ts';
import type { Outcome } from '../engine/converge.ts';
import { DEAD_MAN_SECONDS } from '../engine/dead-man.ts';
import { Failure } from '../engine/failure.ts';
import type { Plan, PlannedChange } from '../engine/plan.ts';
import { change, type Observed, type Step } from '../engine/resource.ts';
import { makeRest, makeRisky } from '../engine/stages.ts';
import {
  finishStep,
  isRisky,
  type KeptRun,
  keptQuestion,
  keptRuns,
  putBackStep,
  textSections,
} from '../engine/undo.ts';
import { each, look, newWay, sessionOf, type Way } from '../engine/way.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { diffText } from '../report/diff.ts';
import { plainProgress, silentProgress, terminalProgress } from '../report/progress.ts';
import { provisionJson, provisionText, remarksText } from '../report/provision.ts';
import { wgQuestion } from '../resources/wg-interface.ts';
import { isTunnelHost } from '../tasks/neighbours.ts';
import { tunnelProof, tunnelQuestion } from '../tasks/tunnel-proof.ts';
import { chosen, loadFleet, runName, type Ways, waysTo } from './targets.ts';
import { type CommonOptions, EXIT, type Terminal } from './terminal.ts';

export interface UndoOptions extends CommonOptions {
  readonly check?: boolean;
  readonly diff?: boolean;
  /** Everything that mailtun ever put there, instead of the last run's changes. */
  readonly all?: boolean;
  /** With `all`: the keys as well. */
  readonly keys?: boolean;
}

/** Beyond it hosts wait for their turn. */
const CONCURRENCY = 20;

/** A host, and what is to be put back there. */
interface Undoing {
  readonly way: Way;
  run: KeptRun | null;
}

/** Puts back what the last run that changed anything has replaced, on all its hosts. Resolves to the exit status. */
export async function undo(
  inventory: string | undefined,
  options: UndoOptions,
  terminal: Terminal,
  deadManSeconds = DEAD_MAN_SECONDS,
): Promise<number> {
  if (options.keys && !options.all)
    throw new Failure('--keys is for --all', 'mailtun undo', 'write mailtun undo --all --keys');
  const fleet = await loadFleet(inventory, terminal);
  const names = chosen(
    'host',
    options.host,
    fleet.hosts.map(host => host.name),
  );
  const hosts = fleet.hosts.filter(host => names.has(host.name));
  const ways = waysTo(fleet, runName());
  const undoings = hosts.map(host => undoingOf(host, fleet, ways));
  const view = options.json
    ? silentProgress
    : terminal.interactive
      ? terminalProgress(hosts.map(host => host.name))
      : plainProgress(terminal.out);
  const check = options.check ?? false;
  try {
    await goBack(undoings, {
      ...options,
      check,
      deadManSeconds,
      onProgress: view.on,
      concurrency: options.concurrency ?? CONCURRENCY,
      given: new Map(),
      mayTakeOver: async () => true,
    });
    const outcomes = await Promise.all(undoings.map(one => outcomeOf(one, options)));
    for (const { host, failure } of outcomes) view.on({ host, state: failure ? 'failed' : 'done', label: '' });
    await view.end();
    report(outcomes, options, terminal);
    if (outcomes.some(outcome => outcome.failure)) return EXIT.failed;
    return check && outcomes.some(outcome => outcome.changes.length > 0) ? EXIT.unwell : EXIT.well;
  } finally {
    await Promise.all(undoings.flatMap(({ way }) => way.sessions.map(session => session.close())));
  }
}

function undoingOf(host: Host, fleet: Fleet, ways: Ways): Undoing {
  const question = isTunnelHost(host) ? [tunnelQuestion(fleet)] : [];
  const undoing: Undoing = {
    run: null,
    way: {
      ...newWay({
        host: host.name,
        assigned: [],
        publishes: [],
        asks: [keptQuestion, ...question],
        connect: () => ways.connect(host),
        reconnect: () => ways.reconnect(host),
        // A tunnel that worked when it was kept has to work again.
        ...(isTunnelHost(host) ? { proof: (_, now) => tunnelProof(host, fleet)(asKept(undoing.run, fleet), now) } : {}),
      }),
      isOurs: true,
    },
  };
  return undoing;
}

/** The interface as it was when a run kept it, in the form of an answer. */
const asKept = (run: KeptRun | null, fleet: Fleet): Observed => ({
  file: path => {
    throw new Error(`nobody asked about ${path}`);
  },
  run: name => {
    const { interface: wg } = fleet.tunnel;
    const text = name === wgQuestion(wg).name ? run?.interfaces.get(wg) : undefined;
    return { exit: 0, stdout: Buffer.from(text ?? ''), stderr: Buffer.alloc(0) };
  },
});

type GoingBack = UndoOptions & Parameters<typeof makeRisky>[1];

async function goBack(undoings: readonly Undoing[], options: GoingBack): Promise<void> {
  const ways = undoings.map(one => one.way);
  await each(ways, options.concurrency, way => look(way, options));
  if (!options.check) await healLeftovers(ways, options);
  choose(undoings, options);
  if (options.check) return;
  const due = undoings.filter(({ way, run }) => way.failure === null && run !== null);
  await lockAll(
    due.map(one => one.way),
    ways,
    options,
  );
  choose(undoings, options);
  for (const one of due) one.way.planned = planOf(one, options, [putBackStep]);
  await makeRisky(
    due.map(one => one.way),
    options,
  );
  for (const one of due)
    one.way.planned = planOf(one, options, one.run && isRisky(one.run) ? [finishStep] : [putBackStep, finishStep]);
  await makeRest(
    due.map(one => one.way),
    options,
  );
}

/** The same run on all hosts: the newest that any of them has. One undone half would leave the halves at odds. */
function choose(undoings: readonly Undoing[], { all }: UndoOptions): void {
  const kept = undoings.map(({ way }) =>
    way.observed ? keptRuns(way.observed.run(keptQuestion.name).stdout.toString('utf8')) : [],
  );
  const names = kept.flatMap(runs => runs.map(run => run.name)).filter(name => name !== 'original');
  const name = all ? 'original' : names.toSorted().at(-1);
  for (const [index, one] of undoings.entries()) one.run = kept[index]?.find(run => run.name === name) ?? null;
}

function planOf(
  { run }: Undoing,
  options: UndoOptions,
  steps: readonly ((run: KeptRun, leave: readonly string[]) => Step)[],
): Plan {
  const risk = run && isRisky(run) && steps.includes(putBackStep) ? 'tunnel' : null;
  const changes: readonly PlannedChange[] = run
    ? steps.map(step => ({ ...change(UNDO, '', [step(run, keysOf(run, options))], { risk }), task: 'undo' }))
    : [];
  return { changes, unchanged: 0, waiting: [], takesOver: [], failures: [] };
}

const UNDO = 'what was there before';

/** Keys that mailtun made stay when all of it goes, unless they are to go as well. */
const keysOf = ({ kept }: KeptRun, { all, keys }: UndoOptions): readonly string[] =>
  all && !keys
    ? kept.map(one => one.name).filter(name => /^\/root\/KEY_|^\/etc\/ssl\/private\/.*\.key$/.test(name))
    : [];

async function outcomeOf({ way, run }: Undoing, options: UndoOptions): Promise<Outcome> {
  const leave = run ? keysOf(run, options) : [];
  const kept = (run?.kept ?? []).filter(one => !leave.includes(one.name));
  const applied = way.changes.some(one => one.resource === UNDO && one.applied);
  const changes = await Promise.all(
    kept.map(async one => ({
      ...change(one.how === 'replaced' || one.how === 'created' ? one.name : `${one.how} ${one.name}`, whyOf(one), []),
      diff: run && options.diff && options.check ? await diffOf(way, run, one) : null,
      task: 'undo',
      applied,
    })),
  );
  return {
    host: way.target.host,
    changes,
    unchanged: 0,
    failure: way.failure,
    roundTrips: way.sessions.reduce((sum, session) => sum + session.roundTrips, 0),
    remarks: way.remarks,
  };
}

const whyOf = ({ how, state }: KeptRun['kept'][number]): string =>
  ({
    replaced: 'was replaced',
    created: 'was not there',
    service: `was ${state}`,
    interface: `was ${state}`,
    pf: `was ${state}`,
  })[how];

async function diffOf(
  way: Way,
  run: KeptRun,
  { how, name }: KeptRun['kept'][number],
): Promise<Outcome['changes'][number]['diff']> {
  if (how !== 'replaced' && how !== 'created') return null;
  const [now, then] = await sessionOf(way).exchange(textSections(run, name));
  const [before = '', after = ''] = [now, then].map(answer => answer?.stdout.toString('utf8'));
  return before === after ? null : { path: name, before, after };
}

function report(outcomes: readonly Outcome[], options: UndoOptions, terminal: Terminal): void {
  const check = options.check ?? false;
  const diff = options.diff ? diffText(outcomes) : '';
  if (options.json) {
    terminal.out(`${JSON.stringify(provisionJson(outcomes, check, 'undo'))}\n`);
    terminal.err(diff + remarksText(outcomes));
  } else terminal.out(diff + provisionText(outcomes, check));
}

/**
 * Makes a set of hosts as wanted: ask, judge, make what others wait for, judge again, make the rest, ask again and
 * expect nothing. Where nothing differs, the first exchange is the only one.
 */
import type { Session } from './exchange.ts';
import { Failure } from './failure.ts';
import { askSections, observed } from './observe.ts';
import { perform } from './perform.ts';
import { type Plan, type PlannedChange, type Published, plan, publishedBy } from './plan.ts';
import type { Observed, Question } from './resource.ts';
import type { Assigned } from './task.ts';

/** A host and what it is to have. */
export interface Target {
  readonly host: string;
  /** What is judged there. Empty: its public parts are read, and nothing is changed. */
  readonly assigned: readonly Assigned[];
  /** What makes the parts that other hosts wait for; asked for in any case. */
  readonly publishes: readonly Assigned[];
  /** Opens the way there. @throws Failure. */
  readonly connect: () => Promise<Session>;
}

export interface Outcome {
  readonly host: string;
  /** In the order in which they were made, or would be. */
  readonly changes: readonly (PlannedChange & { readonly applied: boolean })[];
  readonly unchanged: number;
  readonly failure: Failure | null;
  readonly roundTrips: number;
}

export interface ConvergeOptions {
  readonly check: boolean;
  /** Whether these files of somebody else's may be replaced. */
  readonly mayTakeOver: (host: string, paths: readonly string[]) => Promise<boolean>;
  readonly onProgress: (event: Progress) => void;
  /** Hosts worked on at the same time. */
  readonly concurrency: number;
  /** Public parts that no host has made: the inventory's own password. */
  readonly given: Published;
  /** Called once everything is in place on a host where something was risked. @throws Failure. */
  readonly prove?: (host: string, session: Session, changes: readonly PlannedChange[]) => Promise<void>;
}

/** Where a host has come to; `label` says what is being done there. */
export interface Progress {
  readonly host: string;
  readonly state: 'connecting' | 'asking' | 'changing' | 'done' | 'failed';
  readonly label: string;
}

interface Way {
  readonly target: Target;
  readonly questions: readonly Question[];
  session: Session | null;
  observed: Observed | null;
  planned: Plan | null;
  changes: (PlannedChange & { applied: boolean })[];
  failure: Failure | null;
}

export async function converge(targets: readonly Target[], options: ConvergeOptions): Promise<readonly Outcome[]> {
  const ways = targets.map(newWay);
  try {
    await each(ways, options.concurrency, way => look(way, options));
    judge(ways, options);
    refuseHopeless(ways);
    if (!options.check) {
      await each(ways, 1, way => askLeave(way, options));
      await each(ways, options.concurrency, way => change(way, 'made', options));
      judge(ways, options);
      await each(ways, options.concurrency, way => change(way, 'all', options));
      judge(ways, options);
      await each(ways, options.concurrency, way => verify(way, options));
    }
    return ways.map(way => outcome(way, options));
  } finally {
    await Promise.all(ways.map(way => way.session?.close()));
  }
}

const newWay = (target: Target): Way => ({
  target,
  questions: [...target.assigned, ...target.publishes].flatMap(({ resource }) => resource.questions),
  session: null,
  observed: null,
  planned: null,
  changes: [],
  failure: null,
});

/** Runs `work` for every host that has not failed; a Failure ends that host's run and no other. */
async function each(ways: readonly Way[], concurrency: number, work: (way: Way) => Promise<void>): Promise<void> {
  const queue = ways.filter(way => way.failure === null);
  const worker = async (): Promise<void> => {
    for (let way = queue.shift(); way; way = queue.shift()) {
      try {
        await work(way);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        way.failure = error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, queue.length) }, worker));
}

async function look(way: Way, { onProgress }: ConvergeOptions): Promise<void> {
  const { host, connect } = way.target;
  onProgress({ host, state: 'connecting', label: 'connects' });
  way.session = await connect();
  onProgress({ host, state: 'asking', label: 'looks at what is there' });
  const answers = await way.session.exchange(askSections(way.questions));
  way.observed = observed(
    host,
    way.questions,
    answers.filter(answer => answer !== null),
  );
}

/** Judges every host anew with everything that has been published by now. */
function judge(ways: readonly Way[], { given }: ConvergeOptions): void {
  const seen = ways.flatMap(way => (way.observed ? [{ way, observed: way.observed }] : []));
  const published = new Map([
    ...given,
    ...seen.map(({ way, observed }) => [way.target.host, publishedBy(way.target.publishes, observed)] as const),
  ]);
  for (const { way, observed } of seen) way.planned = plan(way.target.assigned, observed, published);
}

/** What no change could mend stops the whole run while nothing has been changed anywhere. */
function refuseHopeless(ways: readonly Way[]): void {
  const hopeless = ways.filter(way => way.planned && way.planned.failures.length > 0);
  for (const way of hopeless) way.failure ??= joined(way.planned?.failures ?? []);
  if (hopeless.length === 0) return;
  const names = hopeless.map(way => way.target.host).join(', ');
  for (const way of ways.filter(way => way.target.assigned.length > 0))
    way.failure ??= new Failure(
      `left as it is, for ${names} can't be set up as the inventory says`,
      way.target.host,
      `mend ${names} first; nothing has been changed on any host`,
    );
}

function joined(failures: readonly Failure[]): Failure {
  const [first, ...rest] = failures;
  if (!first) throw new Error('no failure to tell');
  return rest.length === 0
    ? first
    : new Failure(failures.map(one => one.what).join('; '), first.where, failures.map(one => one.remedy).join('; '));
}

async function askLeave(way: Way, { mayTakeOver }: ConvergeOptions): Promise<void> {
  const paths = way.planned?.takesOver ?? [];
  if (paths.length === 0 || (await mayTakeOver(way.target.host, paths))) return;
  throw new Failure(
    `would replace what mailtun did not write: ${paths.join(', ')}`,
    way.target.host,
    'look at it with --check --diff, then allow it with --take-over; the old files are kept on the host for `mailtun undo`',
  );
}

async function change(way: Way, stage: 'made' | 'all', { onProgress }: ConvergeOptions): Promise<void> {
  const { session, planned, target } = way;
  if (!session || !planned) return;
  const made = new Set(target.assigned.filter(one => one.resource.publish).map(one => one.resource.id));
  const due = planned.changes.filter(one => stage === 'all' || made.has(one.resource));
  if (due.length === 0) return;
  const result = await perform(session, due, way.questions, label =>
    onProgress({ host: target.host, state: 'changing', label }),
  );
  way.changes.push(...due.map(one => ({ ...one, applied: result.applied.includes(one) })));
  way.observed = result.observed;
  if (result.failure) throw result.failure;
}

async function verify(way: Way, { prove }: ConvergeOptions): Promise<void> {
  const { planned, target, session } = way;
  if (!planned || !session) return;
  const [left] = planned.changes;
  if (left)
    throw new Failure(
      `${left.resource} is still not as wanted after it was mended: ${left.why}`,
      target.host,
      'run again with --verbose; if it stays so, something on the host undoes it, or this is a bug in mailtun',
    );
  const [wait] = planned.waiting;
  if (wait)
    throw new Failure(
      `${planned.waiting.length} things wait for the ${wait.key} of ${wait.host}, ${wait.resource} the first`,
      target.host,
      `run again when ${wait.host} can be reached; what could be done without it is done`,
    );
  if (planned.failures.length > 0) throw joined(planned.failures);
  await prove?.(
    target.host,
    session,
    way.changes.filter(one => one.risk !== null),
  );
}

/** What stays to be done counts as a change that was not applied: with --check that is all of it. */
function outcome(way: Way, { onProgress }: ConvergeOptions): Outcome {
  const { target, planned, changes, failure } = way;
  const known = new Set(changes.map(one => one.resource));
  const waiting = (planned?.waiting ?? []).map(one => ({
    ...one,
    why: `depends on the ${one.key} that ${one.host} has not made yet`,
    steps: [],
    diff: null,
    takesOver: null,
    risk: null,
  }));
  const pending = [...(planned?.changes ?? []), ...waiting].filter(one => !known.has(one.resource));
  onProgress({ host: target.host, state: failure ? 'failed' : 'done', label: failure?.what ?? '' });
  return {
    host: target.host,
    changes: [...changes, ...pending.map(one => ({ ...one, applied: false }))],
    unchanged: planned ? target.assigned.length - changes.length - pending.length : 0,
    failure,
    roundTrips: way.session?.roundTrips ?? 0,
  };
}

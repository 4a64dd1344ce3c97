/** A host on its way through a run, and the first two moves: asking it and judging the answers. */
import type { ConvergeOptions, Target } from './converge.ts';
import type { Desired, SeenHosts } from './desired.ts';
import type { Session } from './exchange.ts';
import { Failure } from './failure.ts';
import { type Leftovers, leftovers, leftoversSection } from './leftovers.ts';
import { withKept } from './lost.ts';
import { askSections, observed } from './observe.ts';
import { type Plan, type PlannedChange, plan, publishedBy, recalledBy } from './plan.ts';
import type { Observed, Published, Question } from './resource.ts';

/** Where a host has come to in a run. */
export interface Way {
  readonly target: Target;
  readonly questions: readonly Question[];
  /** Whether this run may change it; else it is only asked for what others need. */
  readonly isOurs: boolean;
  /** Every session opened to it; the last one is in use. */
  sessions: Session[];
  asked: { readonly from: number; readonly until: number };
  left: Leftovers | null;
  /** The answers before anything was changed. */
  before: Observed | null;
  observed: Observed | null;
  planned: Plan | null;
  /** Differs while the run has another move to make there. */
  move: string;
  changes: (PlannedChange & { applied: boolean })[];
  /** When the dead-man switch was armed, milliseconds since 1970; null where it is not. */
  armedAt: number | null;
  failure: Failure | null;
  remarks: string[];
}

export const newWay = (target: Target): Way => ({
  target,
  questions: [
    ...[...target.assigned, ...target.publishes].flatMap(({ resource }) => resource.questions),
    ...(target.asks ?? []),
  ],
  isOurs: target.assigned.length > 0,
  sessions: [],
  asked: { from: 0, until: 0 },
  left: null,
  before: null,
  observed: null,
  planned: null,
  move: '',
  changes: [],
  armedAt: null,
  failure: null,
  remarks: [],
});

/** @throws Error before the host was connected. */
export function sessionOf(way: Way): Session {
  const session = way.sessions.at(-1);
  if (!session) throw new Error(`${way.target.host} has not been connected`);
  return session;
}

/** Runs `work` for every host that has not failed; a Failure ends that host's run and no other. */
export async function each(
  ways: readonly Way[],
  concurrency: number,
  work: (way: Way) => Promise<void> | void,
): Promise<void> {
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

/** Connects and asks everything, in one exchange. */
export async function look(way: Way, options: Pick<ConvergeOptions, 'onProgress' | 'check'>): Promise<void> {
  const { host, connect } = way.target;
  options.onProgress({ host, state: 'connecting', label: 'connects' });
  way.sessions.push(await connect());
  options.onProgress({ host, state: 'asking', label: 'looks at what is there' });
  const from = Date.now();
  await ask(way, !options.check && way.isOurs);
  way.asked = { from, until: Date.now() };
  way.before = way.observed;
}

/** Asks everything over the session in use. @param heed whether what the host did by itself is told for good. */
export async function ask(way: Way, heed: boolean): Promise<void> {
  const [left, ...answers] = await sessionOf(way).exchange([leftoversSection(heed), ...askSections(way.questions)]);
  way.left = leftovers(left);
  way.remarks.push(...way.left.reverted);
  const said = observed(
    way.target.host,
    way.questions,
    answers.filter(answer => answer !== null),
  );
  way.observed = await withKept(sessionOf(way), way.questions, said);
}

/**
 * Judges every host anew with everything that has been published by now. A host that can't be asked is as the others
 * remember it.
 */
export function judge(ways: readonly Way[], options: Pick<ConvergeOptions, 'given'> & { check?: boolean }): void {
  const away = ways.filter(way => way.observed === null).map(way => way.target.host);
  const seen = seenBy(ways);
  const desires = new Map(
    ways.map(way => [way, way.target.desire?.(seen, options.check ?? false) ?? unmoved(way)] as const),
  );
  const known = new Map([...options.given, ...partsOf(ways, desires)]);
  for (const [way, { assigned, held, move }] of desires) {
    if (!way.observed) continue;
    way.planned = plan(assigned, way.observed, known, undefined, away, held);
    way.move = move;
  }
}

const unmoved = ({ target }: Way): Desired => ({ assigned: target.assigned, held: [], move: '' });

const seenBy = (ways: readonly Way[]): SeenHosts =>
  new Map(
    ways.map(({ target, observed, isOurs, failure }) => [
      target.host,
      { observed, canChange: isOurs && observed !== null && failure === null },
    ]),
  );

/** The public parts of every host, its own word before what others remember. */
export function partsOf(ways: readonly Way[], desires: ReadonlyMap<Way, Desired> = new Map()): Published {
  const parts = new Map<string, Readonly<Record<string, string>>>();
  for (const way of ways) {
    const { target, observed } = way;
    const publishes = desires.get(way)?.publishes ?? target.publishes;
    if (!observed) continue;
    for (const [host, known] of recalledBy(publishes, observed))
      if (ways.some(other => other.target.host === host && !other.observed))
        parts.set(host, { ...parts.get(host), ...known });
    parts.set(target.host, publishedBy(publishes, observed));
  }
  return parts;
}

/** From the answers of a host to the changes that are needed there. Pure. */

import type { Held } from './desired.ts';
import { Failure } from './failure.ts';
import { refuseLocked } from './file-flags.ts';
import { andAlso, type Change, HeldBack, NotPublished, type Observed, type Published, type World } from './resource.ts';
import type { Assigned } from './task.ts';

/** A change and the task it belongs to. */
export interface PlannedChange extends Change {
  readonly task: string;
}

/** The result of judging all resources of a host. */
export interface Plan {
  readonly changes: readonly PlannedChange[];
  /** Resources that cannot be judged until another host has made something. */
  readonly waiting: readonly {
    readonly task: string;
    readonly resource: string;
    readonly host: string;
    readonly key: string;
    /** What the change would remove; null if that is unknown. */
    readonly loses?: string | null;
  }[];
  /** Files that mailtun did not write and that would be replaced, now or after the waiting. */
  readonly takesOver: readonly string[];
  /** Neighbours that would be cut off permanently, which has to be allowed with --take-over. */
  readonly leaves?: readonly string[];
  /** Sentences for people about what no change repairs. */
  readonly notes?: readonly string[];
  /** Changes that wait until another host can be changed as well. */
  readonly held: readonly Held[];
  /** What cannot be fixed by a change. */
  readonly failures: readonly Failure[];
  /** The resources that these failures are of, in their order. */
  readonly failed: readonly string[];
  /** Hosts that could not be asked, so that their parts are left out. */
  readonly without: readonly string[];
}

/** A world of what has been published so far. @param more what else is known; by default the current time. */
export const worldOf = (published: Published, more: Partial<Omit<World, 'published'>> = {}): World => ({
  published(host, key) {
    const value = published.get(host)?.[key];
    if (value === undefined) throw new NotPublished(host, key);
    return value;
  },
  knows: (host, key) => published.get(host)?.[key] !== undefined,
  lacks: () => false,
  willChange: () => false,
  hasChanged: () => false,
  ready: () => {},
  now: Date.now(),
  ...more,
});

/** What a plan depends on besides the answers. */
interface Circumstances {
  /** Milliseconds since 1970; by default the current time. */
  readonly now?: number;
  /** Hosts that could not be asked. */
  readonly away?: readonly string[];
  /** Changes that wait for them or for others. */
  readonly held?: readonly Held[];
  /** The resources that this run has changed, in that order. */
  readonly changed?: readonly string[];
}

/** Judges every resource in order. */
export function plan(
  assigned: readonly Assigned[],
  observed: Observed,
  published: Published,
  { now = Date.now(), away = [], held = [], changed = [] }: Circumstances = {},
): Plan {
  const drafted: Draft = {
    changes: [],
    waiting: [],
    takesOver: [],
    leaves: [],
    held: [...held],
    notes: assigned.flatMap(({ resource }) => resource.notes?.(observed) ?? []),
    failures: [],
    failed: [],
    without: new Set(),
  };
  const world = worldOf(published, {
    willChange: id => drafted.changes.some(change => change.resource === id && change.rewrites),
    hasChanged: (id, other) => changed.lastIndexOf(id) > changed.lastIndexOf(other),
    now,
    ready: id => {
      const wait = drafted.waiting.find(one => one.resource === id);
      if (wait) throw new NotPublished(wait.host, wait.key);
    },
    lacks: (host, key) => {
      const lacks = away.includes(host) && published.get(host)?.[key] === undefined;
      if (lacks) drafted.without.add(host);
      return lacks;
    },
  });
  for (const one of assigned) judgeInto(drafted, one, observed, world);
  return { ...drafted, without: [...drafted.without] };
}

/** A plan that is being made. */
interface Draft {
  readonly changes: PlannedChange[];
  readonly waiting: Plan['waiting'][number][];
  readonly takesOver: string[];
  readonly leaves: string[];
  readonly held: Held[];
  readonly notes: readonly string[];
  readonly failures: Failure[];
  readonly failed: string[];
  readonly without: Set<string>;
}

function judgeInto(draft: Draft, { task, resource }: Assigned, observed: Observed, world: World): void {
  const left = resource.leaves?.(observed, world) ?? null;
  if (left !== null && !draft.leaves.includes(left)) draft.leaves.push(left);
  try {
    const change = resource.judge(observed, world);
    if (change) {
      refuseLocked(resource, observed);
      draft.changes.push(
        left === null ? { ...change, task } : { ...andAlso(change, { codes: ['neighbour-gone'], why: left }), task },
      );
      draft.takesOver.push(...[change.takesOver ?? resource.foreign?.(observed) ?? []].flat());
    }
  } catch (error) {
    if (error instanceof NotPublished) {
      const loses = resource.loses?.(observed) ?? left;
      draft.waiting.push({ task, resource: resource.id, host: error.host, key: error.key, loses });
      draft.takesOver.push(...[resource.foreign?.(observed) ?? []].flat());
    } else if (error instanceof HeldBack) {
      draft.held.push({ task, resource: resource.id, what: error.what, until: error.until });
    } else if (error instanceof Failure) {
      draft.failures.push(error);
      draft.failed.push(resource.id);
    } else throw error;
  }
}

/** The parts that a host publishes, from its answers. */
export const publishedBy = (assigned: readonly Assigned[], observed: Observed): Readonly<Record<string, string>> =>
  Object.assign({}, ...assigned.map(({ resource }) => resource.publish?.(observed) ?? {}));

/** The parts of other hosts that a host remembers, from its answers. */
export function recalledBy(assigned: readonly Assigned[], observed: Observed): Published {
  const parts = assigned.flatMap(({ resource }) => [...(resource.recall?.(observed) ?? [])]);
  const recalled = new Map<string, Readonly<Record<string, string>>>();
  for (const [host, known] of parts) recalled.set(host, { ...recalled.get(host), ...known });
  return recalled;
}

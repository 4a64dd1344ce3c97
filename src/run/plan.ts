/** From what a host answered to what has to happen there. Pure. */

import type { Held } from './desired.ts';
import { Failure } from './failure.ts';
import { type Change, NotPublished, type Observed, type Published, type World } from './resource.ts';
import type { Assigned } from './task.ts';

/** A change and the task it belongs to. */
export interface PlannedChange extends Change {
  readonly task: string;
}

/** What a judgement of all resources of a host comes to. */
export interface Plan {
  readonly changes: readonly PlannedChange[];
  /** Resources that are as wanted. */
  readonly unchanged: number;
  /** Resources that can't be judged before another host has made something. */
  readonly waiting: readonly {
    readonly task: string;
    readonly resource: string;
    readonly host: string;
    readonly key: string;
    /** What the change would take away; null if that is unknown. */
    readonly loses?: string | null;
  }[];
  /** Files that somebody else wrote and that would be replaced, now or once the waiting is over. */
  readonly takesOver: readonly string[];
  /** What would be cut off for good, and needs leave. */
  readonly leaves?: readonly string[];
  /** What waits until another host can be changed, too. */
  readonly held: readonly Held[];
  /** What no change could fix. */
  readonly failures: readonly Failure[];
  /** Hosts that could not be asked and whose parts are therefore left out. */
  readonly without: readonly string[];
}

/** A world made of what has been published so far. @param more what else is known; the current time where it is not said. */
export const worldOf = (published: Published, more: Partial<Omit<World, 'published'>> = {}): World => ({
  published(host, key) {
    const value = published.get(host)?.[key];
    if (value === undefined) throw new NotPublished(host, key);
    return value;
  },
  lacks: () => false,
  willChange: () => false,
  ready: () => {},
  now: Date.now(),
  ...more,
});

/** What a plan is made under, besides the answers. */
export interface Circumstances {
  /** Milliseconds since 1970; the current time where it is left out. */
  readonly now?: number;
  /** Hosts that could not be asked. */
  readonly away?: readonly string[];
  /** What waits for them or for others. */
  readonly held?: readonly Held[];
}

/** Judges every resource in order. */
export function plan(
  assigned: readonly Assigned[],
  observed: Observed,
  published: Published,
  { now = Date.now(), away = [], held = [] }: Circumstances = {},
): Plan {
  const drafted: Draft = {
    changes: [],
    unchanged: 0,
    waiting: [],
    takesOver: [],
    leaves: [],
    failures: [],
    without: new Set(),
  };
  const world = worldOf(published, {
    willChange: id => drafted.changes.some(change => change.resource === id && change.rewrites),
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
  return { ...drafted, held, without: [...drafted.without] };
}

/** A plan of which not everything has been judged yet. */
interface Draft {
  readonly changes: PlannedChange[];
  unchanged: number;
  readonly waiting: Plan['waiting'][number][];
  readonly takesOver: string[];
  readonly leaves: string[];
  readonly failures: Failure[];
  readonly without: Set<string>;
}

function judgeInto(draft: Draft, { task, resource }: Assigned, observed: Observed, world: World): void {
  const left = resource.leaves?.(observed, world) ?? null;
  if (left !== null && !draft.leaves.includes(left)) draft.leaves.push(left);
  try {
    const change = resource.judge(observed, world);
    if (change) {
      draft.changes.push(left === null ? { ...change, task } : { ...cuttingOff(change, left), task });
      draft.takesOver.push(...[change.takesOver ?? resource.foreign?.(observed) ?? []].flat());
    } else draft.unchanged += 1;
  } catch (error) {
    if (error instanceof NotPublished) {
      const loses = resource.loses?.(observed) ?? left;
      draft.waiting.push({ task, resource: resource.id, host: error.host, key: error.key, loses });
      draft.takesOver.push(...[resource.foreign?.(observed) ?? []].flat());
    } else if (error instanceof Failure) draft.failures.push(error);
    else throw error;
  }
}

const cuttingOff = (change: Change, left: string): Change => ({
  ...change,
  codes: [...change.codes, 'neighbour-gone'],
  why: `${change.why}; ${left}`,
});

/** What a host has published, from its answers. */
export const publishedBy = (assigned: readonly Assigned[], observed: Observed): Readonly<Record<string, string>> =>
  Object.assign({}, ...assigned.map(({ resource }) => resource.publish?.(observed) ?? {}));

/** What a host remembers of the others, from its answers. */
export function recalledBy(assigned: readonly Assigned[], observed: Observed): Published {
  const parts = assigned.flatMap(({ resource }) => [...(resource.recall?.(observed) ?? [])]);
  const recalled = new Map<string, Readonly<Record<string, string>>>();
  for (const [host, known] of parts) recalled.set(host, { ...recalled.get(host), ...known });
  return recalled;
}

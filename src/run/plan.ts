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
    /** What the change would take away; null where nothing can be told. */
    readonly loses?: string | null;
  }[];
  /** Files that somebody else wrote and that would be replaced, now or once the waiting is over. */
  readonly takesOver: readonly string[];
  /** What would be cut off for good, and needs leave. */
  readonly leaves?: readonly string[];
  /** What waits until another host can be changed, too. */
  readonly held: readonly Held[];
  /** What no change could mend. */
  readonly failures: readonly Failure[];
  /** Hosts that could not be asked and whose parts are therefore left out. */
  readonly without: readonly string[];
}

/** A world made of what has been published so far. */
export const worldOf = (
  published: Published,
  willChange: (resource: string) => boolean,
  now: number,
  ready: World['ready'] = () => {},
  lacks: World['lacks'] = () => false,
): World => ({
  published(host, key) {
    const value = published.get(host)?.[key];
    if (value === undefined) throw new NotPublished(host, key);
    return value;
  },
  lacks,
  willChange,
  ready,
  now,
});

/** Judges every resource in order. `away` are the hosts that could not be asked, `held` what waits for them or for others. */
export function plan(
  assigned: readonly Assigned[],
  observed: Observed,
  published: Published,
  now: number = Date.now(),
  away: readonly string[] = [],
  held: readonly Held[] = [],
): Plan {
  const changes: PlannedChange[] = [];
  const waiting: Plan['waiting'][number][] = [];
  const failures: Failure[] = [];
  const takesOver: string[] = [];
  const leaves: string[] = [];
  const without = new Set<string>();
  let unchanged = 0;
  const world = worldOf(
    published,
    id => changes.some(change => change.resource === id && change.rewrites),
    now,
    id => {
      const wait = waiting.find(one => one.resource === id);
      if (wait) throw new NotPublished(wait.host, wait.key);
    },
    (host, key) => {
      const lacks = away.includes(host) && published.get(host)?.[key] === undefined;
      if (lacks) without.add(host);
      return lacks;
    },
  );
  for (const { task, resource } of assigned) {
    const left = resource.leaves?.(observed, world) ?? null;
    if (left !== null) leaves.push(left);
    try {
      const change = resource.judge(observed, world);
      if (change) {
        changes.push(left === null ? { ...change, task } : { ...cuttingOff(change, left), task });
        takesOver.push(...[change.takesOver ?? resource.foreign?.(observed) ?? []].flat());
      } else unchanged += 1;
    } catch (error) {
      if (error instanceof NotPublished) {
        const loses = resource.loses?.(observed) ?? left;
        waiting.push({ task, resource: resource.id, host: error.host, key: error.key, loses });
        takesOver.push(...[resource.foreign?.(observed) ?? []].flat());
      } else if (error instanceof Failure) failures.push(error);
      else throw error;
    }
  }
  return { changes, unchanged, waiting, held, takesOver, leaves, failures, without: [...without] };
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

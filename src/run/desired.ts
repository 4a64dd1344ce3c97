/**
 * What a host is to have may depend on what its neighbours have in force: a change that two hosts must agree on is made
 * in several moves, and waits where the other one can't be changed.
 */
import type { Observed } from './resource.ts';
import type { Assigned } from './task.ts';

/** A host as a run sees it. */
export interface ObservedHost {
  /** Its latest answers; null where it could not be asked. */
  readonly observed: Observed | null;
  /** Whether this run may change it: it was chosen, it answers, and nothing has failed there. */
  readonly canChange: boolean;
}

/** By host name. */
export type ObservedHosts = ReadonlyMap<string, ObservedHost>;

/** What the inventory wants and this run can't do. */
export interface Held {
  readonly task: string;
  readonly resource: string;
  /** `recipient ana@example.com`. */
  readonly what: string;
  /** What has to be so first: `carinho is changed, too`. */
  readonly until: string;
}

/** What a host is to have at this moment of a run. */
export interface Desired {
  readonly assigned: readonly Assigned[];
  /** What publishes and recalls parts, instead of the target's own. */
  readonly publishes?: readonly Assigned[];
  readonly held: readonly Held[];
  /** Equal in two judgements where the run has made its last move. */
  readonly move: string;
}

/**
 * What a host is to have next. Pure.
 * @param ahead false: the next move, safe beside what the neighbours have in force; true: what all moves of a run come to.
 */
export type Desire = (observedHosts: ObservedHosts, ahead: boolean) => Desired;

/**
 * The desired state of a host may depend on the current state of its neighbours: a change that two hosts have to agree on is
 * made in several steps, and waits while the other one cannot be changed.
 */
import type { Observed } from './resource.ts';
import type { Assigned } from './task.ts';

/** A host as a run sees it. */
interface ObservedHost {
  /** Its latest answers; null where it could not be asked. */
  readonly observed: Observed | null;
  /** Whether this run may change it: it was chosen, it answers, and nothing has failed there. */
  readonly canChange: boolean;
}

/** By host name. */
export type ObservedHosts = ReadonlyMap<string, ObservedHost>;

/** A difference from the inventory that this run cannot remove. */
export interface Held {
  readonly task: string;
  readonly resource: string;
  /** `recipient ana@example.com`. */
  readonly what: string;
  /** The condition it waits for: `carinho is changed as well`. */
  readonly until: string;
}

/** A difference that is held back, for people. */
export const heldBackText = ({ what, until }: Pick<Held, 'what' | 'until'>): string =>
  `${what}: held back until ${until}`;

/** The desired state of a host at one point of a run. */
export interface Desired {
  readonly assigned: readonly Assigned[];
  /** Resources that publish and recall parts, instead of the target's own. */
  readonly publishes?: readonly Assigned[];
  readonly held: readonly Held[];
  /** Equal in two judgements if the run has nothing left to do there. */
  readonly move: string;
}

/**
 * The desired state of a host. Pure.
 * @param ahead false: the next step, which is safe with the current state of the neighbours; true: the result of all steps.
 */
export type Desire = (observedHosts: ObservedHosts, ahead: boolean) => Desired;

/**
 * Makes a set of hosts as wanted: ask, judge, make what others wait for, judge again, make the rest, ask again and
 * expect nothing. Where nothing differs, the first exchange is the only one. What can cut the way in is made under the
 * dead-man switch and proven over a new connection before the rest follows.
 */
import { hasWork, healLeftovers, takeLocks } from './claim.ts';
import type { Command } from './command.ts';
import type { DeadMan } from './dead-man.ts';
import type { Desire } from './desired.ts';
import type { Session } from './exchange.ts';
import type { Failure } from './failure.ts';
import { outcome, verify } from './outcome.ts';
import type { Plan, PlannedChange } from './plan.ts';
import type { Proof } from './proof.ts';
import { askLeave, refuseHopeless } from './refusals.ts';
import type { Observed, Published, Question } from './resource.ts';
import { makeRest, makeRisky, makeWaitedFor } from './stages.ts';
import type { Assigned } from './task.ts';
import { each, judge, look, newWay, type Way } from './way.ts';

/** A host and what it is to have. */
export interface Target {
  readonly host: string;
  /** What is judged there. Empty: its public parts are read, and nothing is changed. */
  readonly assigned: readonly Assigned[];
  /** What is judged there as the neighbours stand, instead of `assigned`. */
  readonly desire?: Desire;
  /** What makes the parts that other hosts wait for, and what remembers other hosts' parts; asked for in any case. */
  readonly publishes: readonly Assigned[];
  /** What is asked besides; it goes with the same exchange. */
  readonly asks?: readonly Question[];
  /** Opens the way there. @throws Failure. */
  readonly connect: () => Promise<Session>;
  /** Opens another over a new TCP connection, as a proof that the way in is still there. @throws Failure. */
  readonly reconnect: () => Promise<Session>;
  /**
   * What proves, on the host, that a risky change did not break what had worked before it; null: a new connection is
   * proof enough. `now` is what the host says after the change, `callers` are the hosts that call others in the meantime.
   * Pure.
   */
  readonly proof?: (before: Observed, now: Observed, callers: ReadonlySet<string>) => Proof | null;
  /**
   * What a host does for the proofs of others where it has none of its own: it calls those that can't call it, for
   * nothing tells it that they have changed. Null: there is nobody to call. Pure.
   */
  readonly call?: (now: Observed) => Command | null;
  /** Others call it as soon as they are changed: what is risky is made here before it is made there. */
  readonly isCalled?: boolean;
}

export interface Outcome {
  readonly host: string;
  /** In the order in which they were made, or would be. */
  readonly changes: readonly (PlannedChange & { readonly applied: boolean })[];
  readonly unchanged: number;
  readonly failure: Failure | null;
  readonly roundTrips: number;
  /** What people should know besides: a lock that was taken over, what the host did by itself since the last run. */
  readonly remarks: readonly string[];
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
  /** What hosts go back with where that proof does not come. */
  readonly deadMan: DeadMan;
  /** How long a host waits for the proof of what was risked; DEAD_MAN_SECONDS where not given. */
  readonly deadManSeconds?: number;
}

/** Where a host has come to; `label` says what is being done there. */
export interface Progress {
  readonly host: string;
  readonly state: 'connecting' | 'asking' | 'changing' | 'done' | 'failed';
  readonly label: string;
}

/** Never rejects for what goes wrong on a host: that is in its outcome. */
export async function converge(targets: readonly Target[], options: ConvergeOptions): Promise<readonly Outcome[]> {
  const ways = targets.map(newWay);
  try {
    await each(ways, options.concurrency, way => look(way, options));
    judge(ways, options);
    refuseHopeless(ways);
    if (!options.check) {
      if (ways.some(hasWork)) await change(ways, options);
      await each(ways, options.concurrency, verify);
    }
    return ways.map(way => outcome(way, options));
  } finally {
    await Promise.all(ways.flatMap(way => way.sessions.map(session => session.close())));
  }
}

async function change(ways: readonly Way[], options: ConvergeOptions): Promise<void> {
  await each(ways, 1, way => askLeave(way, options));
  await healLeftovers(ways, options);
  await takeLocks(ways, options);
  await makeWaitedFor(ways, options);
  await makeRisky(ways, options);
  await makeRest(ways, options);
}

/** What was found on a host: `observed` and `planned` are null where it could not be asked. */
export interface Looked {
  readonly host: string;
  readonly observed: Observed | null;
  readonly planned: Plan | null;
  readonly failure: Failure | null;
  /** By this machine's clock, milliseconds since 1970: between the two the host has answered. */
  readonly asked: { readonly from: number; readonly until: number };
}

/** Asks every host and judges the answers, in one exchange each; changes nothing. */
export async function lookAt(
  targets: readonly Target[],
  options: Pick<ConvergeOptions, 'concurrency' | 'given' | 'onProgress'>,
): Promise<readonly Looked[]> {
  const ways = targets.map(newWay);
  try {
    await each(ways, options.concurrency, way => look(way, { ...options, check: true }));
    judge(ways, { ...options, check: true });
    return ways.map(({ target, observed, planned, failure, asked }) => ({
      host: target.host,
      observed,
      planned,
      failure,
      asked,
    }));
  } finally {
    await Promise.all(ways.flatMap(way => way.sessions.map(session => session.close())));
  }
}

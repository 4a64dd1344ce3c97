/** The input of a run, and its result. */
import type { Command } from './command.ts';
import type { DeadMan } from './dead-man.ts';
import type { Desire } from './desired.ts';
import type { Session } from './exchange.ts';
import type { Failure } from './failure.ts';
import type { PlannedChange } from './plan.ts';
import type { Observed, Published, Question } from './resource.ts';
import type { Assigned } from './task.ts';

/** Verifies that a change did not break what worked before. */
export interface Verification {
  /** What it is about, for people: `the new address`. */
  readonly of: string;
  /** Runs on the host, under the armed switch; exit status 0 where it works, else the last line on stderr says why not. */
  readonly command: Command;
}

/** A host and its desired state. */
export interface Target {
  readonly host: string;
  /** What is judged there. Empty: only its public parts are read, and nothing is changed. */
  readonly assigned: readonly Assigned[];
  /** What is judged there, depending on the state of the neighbours, instead of `assigned`. */
  readonly desire?: Desire;
  /** Resources that publish or recall parts; they are always asked about. */
  readonly publishes: readonly Assigned[];
  /** Further questions for the same exchange. */
  readonly asks?: readonly Question[];
  /** Opens a connection. @throws Failure. */
  readonly connect: () => Promise<Session>;
  /** Opens another over a new TCP connection, to confirm that the host can still be reached. @throws Failure. */
  readonly reconnect: () => Promise<Session>;
  /**
   * What verifies, on the host, that a risky change did not break what had worked before; null: a new connection is
   * enough. `now` is what the host says after the change, `callers` are the hosts that call others in the meantime.
   * Pure.
   */
  readonly verification?: (before: Observed, now: Observed, callers: ReadonlySet<string>) => Verification | null;
  /**
   * What has to work right before a risky change, so that it can be verified afterwards: with neighbours that this run cannot
   * ask to help. Null: there is none. `away` are the hosts that it cannot ask. Pure.
   */
  readonly trial?: (before: Observed, now: Observed, away: ReadonlySet<string>) => Verification | null;
  /**
   * What a host without a verification of its own does for those of others: it starts handshakes with hosts that cannot start
   * them. Null: with none. Pure.
   */
  readonly call?: (now: Observed) => Command | null;
  /**
   * What a host does and answers once the risky changes of all hosts are made and its own is kept. `call`: its own call may
   * have come before a far end was ready; null where it was heard. Pure. The answers to `asks` are `settled` in the Outcome.
   */
  readonly afterRisk?: { readonly call: (now: Observed) => Command | null; readonly asks: readonly Question[] };
  /** Other hosts start handshakes with it as soon as they are changed. */
  readonly isCalled?: boolean;
}

/** The result of a run on a host. */
export interface Outcome {
  readonly host: string;
  /** In the order in which they were made, or would be. */
  readonly changes: readonly (PlannedChange & { readonly applied: boolean })[];
  readonly unchanged: number;
  readonly failure: Failure | null;
  readonly roundTrips: number;
  /** What it has answered to `afterRisk`; null where nothing risky was made. */
  readonly settled?: Observed | null;
  /** Notes for people: a lock that was taken over, what the host has rolled back by itself since the last run. */
  readonly notes: readonly string[];
}

/** Options of a run. */
export interface RunOptions {
  readonly check: boolean;
  /** Whether these files, which mailtun did not write, may be replaced, and the neighbours of `leaves` be cut off. */
  readonly mayTakeOver: (host: string, paths: readonly string[], leaves: readonly string[]) => Promise<boolean>;
  readonly onProgress: (event: Progress) => void;
  /** Hosts worked on at the same time. */
  readonly concurrency: number;
  /** Public parts that no host has made: the inventory's own password. */
  readonly provided: Published;
  /** How hosts roll back without confirmation. */
  readonly deadMan: DeadMan;
  /** Seconds for which a host waits for the confirmation of a risky change; DEAD_MAN_SECONDS if not given. */
  readonly deadManSeconds?: number;
}

/** Progress on a host; `label` says what is being done there. */
export interface Progress {
  readonly host: string;
  readonly state: 'connecting' | 'asking' | 'changing' | 'waiting' | 'done' | 'failed';
  readonly label: string;
}

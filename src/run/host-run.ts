/** The state of one host in a run. It is read everywhere and changed only by the functions of this file. */

import type { Session } from './exchange.ts';
import { Failure } from './failure.ts';
import type { Leftovers } from './leftovers.ts';
import type { Plan, PlannedChange } from './plan.ts';
import type { Observed, Question } from './resource.ts';
import type { Target } from './target.ts';

/** What is known of a host. */
type Contact =
  | { readonly state: 'not asked' }
  | { readonly state: 'answered'; readonly observed: Observed; readonly isWhole: boolean }
  /** The connection was lost in a risky change: the state of the host is unknown until it answers again. */
  | { readonly state: 'lost' };

/** The host's dead-man switch, as far as this run has armed it; `since` in milliseconds since 1970. */
type Switch = { readonly state: 'off' } | { readonly state: 'armed'; readonly since: number };

/** A change that this run has begun. */
type MadeChange = PlannedChange & { readonly applied: boolean };

/** A host and its state in a run. */
export interface HostRun {
  readonly target: Target;
  readonly questions: readonly Question[];
  /** Whether this run may change it; otherwise it is only asked for what other hosts need. */
  readonly isOurs: boolean;
  /** Every session opened to it; the last one is in use. */
  readonly sessions: Session[];
  readonly contact: Contact;
  /** The answers before anything was changed. */
  readonly before: Observed | null;
  /** When those were asked for, by this machine's clock, milliseconds since 1970. */
  readonly asked: { readonly from: number; readonly until: number };
  /** The result of the lock that is taken with the first exchange. */
  readonly early: 'locked' | 'taken' | 'none';
  /** Whether this run has the lock. */
  readonly isLocked: boolean;
  /** What earlier runs have left there; null before it was asked. */
  readonly left: Leftovers | null;
  /** Null before the first judgement. */
  readonly planned: Plan | null;
  /** Changes as long as the run has something to do there. */
  readonly move: string;
  /** In the order in which they were begun. */
  readonly changes: readonly MadeChange[];
  readonly deadMan: Switch;
  /** The answers after the risky change was confirmed; null if there was none, or nothing is asked then. */
  readonly settled: Observed | null;
  /** After a failure a host is not touched any more. */
  readonly failure: Failure | null;
  readonly notes: readonly string[];
}

/** A host that has not been asked yet. */
export const hostRun = (target: Target, isOurs = target.assigned.length > 0): HostRun => ({
  target,
  questions: [
    ...[...target.assigned, ...target.publishes].flatMap(({ resource }) => resource.questions),
    ...(target.asks ?? []),
  ],
  isOurs,
  sessions: [],
  contact: { state: 'not asked' },
  before: null,
  asked: { from: 0, until: 0 },
  early: 'none',
  isLocked: false,
  left: null,
  planned: null,
  move: '',
  changes: [],
  deadMan: { state: 'off' },
  settled: null,
  failure: null,
  notes: [],
});

type Writable = { -readonly [Key in keyof HostRun]: HostRun[Key] };

const set = (run: Writable, now: Partial<Writable>): void => void Object.assign(run, now);

/** The host's latest answers; null if it was not asked, or the connection was lost since. */
export const observedOn = ({ contact }: HostRun): Observed | null =>
  contact.state === 'answered' ? contact.observed : null;

/** The current session. @throws Error before the host was connected. */
export function sessionOf(run: HostRun): Session {
  const session = run.sessions.at(-1);
  if (!session) throw new Error(`${run.target.host} has not been connected`);
  return session;
}

/**
 * The host has answered; `asked` and `before` are those of the first time. @param isWhole whether it was asked everything
 * at once: otherwise some answers are those of an earlier time.
 */
export const answered = (run: HostRun, observed: Observed, isWhole = true): void =>
  set(run, { contact: { state: 'answered', observed, isWhole } });

/** Whether some of its latest answers are of an earlier time than others. */
export const isPartly = ({ contact }: HostRun): boolean => contact.state === 'answered' && !contact.isWhole;

/** All that is known of the host before anything is changed has been asked, between these two times. */
export const firstAnswered = (run: HostRun, from: number, until: number): void =>
  set(run, { before: observedOn(run), asked: { from, until } });

/** The result of the lock that was taken with the first exchange. */
export const lockedEarly = (run: HostRun, early: HostRun['early']): void =>
  set(run, { early, isLocked: early === 'locked' });

/** The run has taken or released the lock. */
export const hasLock = (run: HostRun, isLocked: boolean): void => set(run, { isLocked });

/** What earlier runs have left, and what the host has rolled back by itself. */
export function found(run: HostRun, left: Leftovers): void {
  set(run, { left });
  note(run, left.reverted);
}

/** The connection was lost in a risky change. */
export const lost = (run: HostRun): void => set(run, { contact: { state: 'lost' } });

/** The plan for the next step. */
export const intend = (run: HostRun, planned: Plan, move = ''): void => set(run, { planned, move });

/** The steps of these changes are about to be run. */
export const begin = (run: HostRun, changes: readonly PlannedChange[]): void =>
  set(run, { changes: [...run.changes, ...changes.map(change => ({ ...change, applied: false }))] });

/** Of the changes begun last, these have been made. */
export function applied(run: HostRun, begun: readonly PlannedChange[], made: readonly PlannedChange[]): void {
  const earlier = run.changes.length - begun.length;
  set(run, {
    changes: [
      ...run.changes.slice(0, earlier),
      ...begun.map(change => ({ ...change, applied: made.includes(change) })),
    ],
  });
}

/** The dead-man switch is being armed: from now on the host may roll back by itself. */
export const arm = (run: HostRun): void => set(run, { deadMan: { state: 'armed', since: Date.now() } });

/** Nothing is armed: it was disarmed, or had never been. */
export const disarmed = (run: HostRun): void => set(run, { deadMan: { state: 'off' } });

/** The host has rolled back the risky changes. */
export const rolledBack = (run: HostRun): void =>
  set(run, {
    deadMan: { state: 'off' },
    changes: run.changes.map(one => (one.risk === null ? one : { ...one, applied: false })),
  });

/** The risky change is confirmed, and the host has answered what is asked then. */
export const settled = (run: HostRun, observed: Observed): void => set(run, { settled: observed });

/** The first failure of a host counts. */
export const fail = (run: HostRun, failure: Failure): void => set(run, { failure: run.failure ?? failure });

/** Replaces the failure by one that also says how it ended. */
export const failedSo = (run: HostRun, failure: Failure): void => set(run, { failure });

/** Adds notes for people. */
export const note = (run: HostRun, notes: readonly string[]): void => set(run, { notes: [...run.notes, ...notes] });

/** Exchanges with the host over all its sessions. */
export const roundTripsOf = ({ sessions }: Pick<HostRun, 'sessions'>): number =>
  sessions.reduce((sum, session) => sum + session.roundTrips, 0);

/** Runs `work` for every host that has not failed; a Failure ends that host's run and no other. */
export async function each(
  runs: readonly HostRun[],
  concurrency: number,
  work: (run: HostRun) => Promise<void> | void,
): Promise<void> {
  const queue = runs.filter(run => run.failure === null);
  const worker = async (): Promise<void> => {
    for (let run = queue.shift(); run; run = queue.shift()) {
      try {
        await work(run);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        fail(run, error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, queue.length) }, worker));
}

/** Ends every session of these hosts. */
export const close = async (runs: readonly HostRun[]): Promise<void> =>
  void (await Promise.all(runs.flatMap(run => run.sessions.map(session => session.close()))));

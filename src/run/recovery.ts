/** After a risky change: a new connection, and the rollback if the change is not confirmed. */

import { setTimeout as delay } from 'node:timers/promises';
import { ask } from './ask.ts';
import { TO_CONTINUE } from './connection-lost.ts';
import type { DeadMan } from './dead-man.ts';
import type { Session } from './exchange.ts';
import { Failure } from './failure.ts';
import { disarmed, failedSo, type HostRun, note, rolledBack } from './host-run.ts';
import { leftovers, leftoversSection } from './leftovers.ts';
import type { RunOptions } from './target.ts';

/** Milliseconds for which a new connection is tried while a switch is armed for so many seconds. */
export const patience = (seconds: number): number => Math.min(15_000, seconds * 500);

/** How much longer than its timer a host that cannot be reached is given to roll back. */
const GRACE_MILLISECONDS = 15_000;

/** Opens a new connection, with repeated attempts for a while. @throws Failure. */
export async function openAgain(connect: () => Promise<Session>, milliseconds: number): Promise<Session> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    try {
      return await connect();
    } catch (error) {
      if (!(error instanceof Failure) || Date.now() > deadline) throw error;
      await delay(500);
    }
  }
}

/** Reconnects over a new TCP connection; asks again if the old one was lost. @throws Failure. */
export async function comeBack(run: HostRun, seconds: number, { onProgress }: RunOptions): Promise<void> {
  const { host, reconnect } = run.target;
  onProgress({ host, state: 'changing', label: 'reconnects' });
  run.sessions.push(await openAgain(reconnect, patience(seconds)));
  if (run.contact.state !== 'lost') return;
  await ask(run, true);
  if (run.left?.unended) return;
  if (run.left?.reverted.length === 0) disarmed(run);
  throw new Failure(
    'connection-lost',
    `the connection was lost ${run.deadMan.state === 'off' ? 'before a risky change' : 'by the change'}`,
    host,
    TO_CONTINUE,
  );
}

/** How a host was rolled back. */
export type Recovery = 'at once' | 'by itself' | 'unknown';

/** Rolls back the risky changes of a host whose run has failed, over any connection that works. */
export async function takeBack(run: HostRun, seconds: number, { onProgress, deadMan }: RunOptions): Promise<void> {
  const { failure, target } = run;
  if (!failure || run.deadMan.state === 'off') return;
  onProgress({ host: target.host, state: 'changing', label: deadMan.revert.label });
  const deadline = run.deadMan.since + seconds * 1000 + GRACE_MILLISECONDS;
  const { back, reverted } = await putBack(run.sessions, target.reconnect, deadline, deadMan);
  rolledBack(run);
  note(run, reverted);
  failedSo(run, new Failure(failure.code, `${failure.what}; ${ENDED[back](seconds)}`, failure.where, failure.remedy));
}

const ENDED: Readonly<Record<Recovery, (seconds: number) => string>> = {
  'at once': () => 'the risky changes were rolled back',
  'by itself': seconds => `the host rolled back by itself after ${seconds} s`,
  unknown: seconds => `host unreachable; it rolls back by itself ${seconds} s after arming`,
};

/**
 * Rolls back over the newest session that still works, else over new connections until `deadline`.
 * @param sessions in the order in which they were opened; a new one is added.
 * @param deadline milliseconds since 1970.
 */
export async function putBack(
  sessions: Session[],
  reconnect: () => Promise<Session>,
  deadline: number,
  deadMan: DeadMan,
): Promise<{ readonly back: Recovery; readonly reverted: readonly string[] }> {
  for (const session of [...sessions].reverse()) {
    const done = await revert(session, deadMan);
    if (done) return done;
  }
  while (Date.now() < deadline) {
    try {
      sessions.push(await openAgain(reconnect, deadline - Date.now()));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      break;
    }
    const last = sessions.at(-1);
    const done = last ? await revert(last, deadMan) : null;
    if (done) return done;
  }
  return { back: 'unknown', reverted: [] };
}

/** Null where the session is dead. */
async function revert(session: Session, deadMan: DeadMan) {
  try {
    const [answer, left] = await session.exchange([{ ...deadMan.revert, kind: 'ask' }, leftoversSection(true)], {
      silenceSeconds: 30,
    });
    // Exit status 3: nothing is armed any more.
    const back: Recovery = answer?.exit === 3 ? 'by itself' : 'at once';
    return { back, reverted: leftovers(left).reverted };
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

/** The change was verified, but the host had already rolled back. @throws Failure. */
export async function putBackMeanwhile(run: HostRun): Promise<never> {
  rolledBack(run);
  await ask(run, true);
  throw new Failure(
    'rolled-back',
    'confirmed too late: the host had already rolled back',
    run.target.host,
    'run again; if it happens again, the host or the connection to it is too slow',
  );
}

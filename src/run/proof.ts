/** After something risky: a new connection, the proof that all is well, and what happens where it is not. */

import { setTimeout as delay } from 'node:timers/promises';
import { ask } from './ask.ts';
import type { Command } from './command.ts';
import type { DeadMan } from './dead-man.ts';
import type { Answer, Section, Session } from './exchange.ts';
import { Failure } from './failure.ts';
import { disarmed, each, fail, failedSo, type HostRun, note, observedOn, rolledBack, sessionOf } from './host-run.ts';
import { leftovers, leftoversSection } from './leftovers.ts';
import { script } from './quoting.ts';
import type { Proof, RunOptions } from './target.ts';

/** How long a new connection is tried for while a switch is armed for so many seconds: milliseconds. */
export const patience = (seconds: number): number => Math.min(15_000, seconds * 500);

/** How long after its time a host that could not be reached is given to put itself back. */
const GRACE_MILLISECONDS = 15_000;

/** Opens a connection as a first one would be, again and again for a while. @throws Failure. */
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

/** Comes back over a new TCP connection; asks again where the old one was lost. @throws Failure. */
export async function comeBack(run: HostRun, seconds: number, { onProgress }: RunOptions): Promise<void> {
  const { host, reconnect } = run.target;
  onProgress({ host, state: 'changing', label: 'comes back over a new connection' });
  run.sessions.push(await openAgain(reconnect, patience(seconds)));
  if (run.contact.state !== 'lost') return;
  await ask(run, true);
  if (run.left?.unended) return;
  if (run.left?.reverted.length === 0) disarmed(run);
  throw new Failure(
    `the connection was lost ${run.deadMan.state === 'off' ? 'before anything was risked' : 'by the change'}`,
    host,
    'run the same command again: it takes up what is left to do',
  );
}

/** The section that runs a proof. */
export const proofSection = ({ of, command }: Proof): Section => ({
  label: `proves that ${of} works`,
  kind: 'ask',
  script: script(command.script, ...command.args),
});

/**
 * What has to work between hosts has several ends: where one can't be proven, all go back to where they were.
 * @param runs those that were changed. @param all every host of the run: one that was not may have to call.
 */
export async function prove(runs: readonly HostRun[], all: readonly HostRun[], options: RunOptions): Promise<void> {
  const callers = new Set(all.filter(run => callOf(run) !== null).map(run => run.target.host));
  const proofs = new Map(
    runs.flatMap(run => {
      const { before, failure, target } = run;
      const observed = observedOn(run);
      const proof = failure === null && before && observed ? (target.proof?.(before, observed, callers) ?? null) : null;
      return proof ? [[run, proof] as const] : [];
    }),
  );
  // A far end that did not change may still talk to what was here before: nothing but its call shows it the new.
  if (proofs.size === 0) {
    await Promise.all(all.filter(run => !runs.includes(run)).map(call));
    return;
  }
  // Who is called has to be called before his patience ends, however few hosts are worked on at the same time.
  const callersFirst = [...proofs.keys()].toSorted(
    (a, b) => Number(callers.has(b.target.host)) - Number(callers.has(a.target.host)),
  );
  await Promise.all([
    each(callersFirst, options.concurrency, async run => {
      const proof = proofs.get(run);
      if (!proof) return;
      const { host } = run.target;
      const section = proofSection(proof);
      options.onProgress({ host, state: 'changing', label: section.label });
      const [answer] = await sessionOf(run).exchange([section]);
      if (answer?.exit !== 0) throw unproven(host, proof, answer ?? null);
    }),
    ...all.filter(run => !proofs.has(run)).map(call),
  ]);
  const failed = [...proofs.keys()].filter(run => run.failure !== null).map(run => run.target.host);
  if (failed.length === 0) return;
  for (const [run, { of }] of proofs)
    fail(
      run,
      new Failure(
        `${of} is not proven on ${failed.join(', ')}`,
        run.target.host,
        `fix what is reported for ${failed.join(', ')}, then run again`,
      ),
    );
}

function callOf(run: HostRun): Command | null {
  const observed = observedOn(run);
  return run.failure === null && observed ? (run.target.call?.(observed) ?? null) : null;
}

/** A host that can't call leaves its far end without a proof, which is told there. */
async function call(run: HostRun): Promise<void> {
  const command = callOf(run);
  if (!command) return;
  await sessionOf(run)
    .exchange([{ label: 'calls its far ends', kind: 'ask', script: script(command.script, ...command.args) }])
    .catch(error => {
      if (!(error instanceof Failure)) throw error;
    });
}

/** @param answer of a proof's section. */
export function unproven(host: string, { of }: Proof, answer: Answer | null): Failure {
  const said = (answer?.stderr.toString('utf8') ?? '').trim().split('\n').at(-1) ?? '';
  return new Failure(
    `${of} does not work after its change: ${said === '' ? 'no proof' : said}`,
    host,
    'mailtun doctor says what is in the way',
  );
}

/** How a host got back to where it was. */
export type Recovery = 'at once' | 'by itself' | 'unknown';

/** Puts back what was risked on a host whose run has failed, over whatever connection there is. */
export async function takeBack(run: HostRun, seconds: number, { onProgress, deadMan }: RunOptions): Promise<void> {
  const { failure, target } = run;
  if (!failure || run.deadMan.state === 'off') return;
  onProgress({ host: target.host, state: 'changing', label: deadMan.revert.label });
  const deadline = run.deadMan.since + seconds * 1000 + GRACE_MILLISECONDS;
  const { back, reverted } = await putBack(run.sessions, target.reconnect, deadline, deadMan);
  rolledBack(run);
  note(run, reverted);
  failedSo(run, new Failure(`${failure.what}; ${ENDED[back](seconds)}`, failure.where, failure.remedy));
}

const ENDED: Readonly<Record<Recovery, (seconds: number) => string>> = {
  'at once': () => 'the risky changes were rolled back',
  'by itself': seconds => `the host rolled back by itself after ${seconds} s`,
  unknown: seconds => `host unreachable; it rolls back by itself ${seconds} s after arming`,
};

/**
 * Reverts over the newest session that lives, else over new connections until `deadline`.
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

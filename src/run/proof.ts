/** After something risky: the way back in, the proof that all is well, and what happens where it is not. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from './command.ts';
import type { ConvergeOptions } from './converge.ts';
import type { DeadMan } from './dead-man.ts';
import type { Answer, Section, Session } from './exchange.ts';
import { Failure } from './failure.ts';
import { leftovers, leftoversSection } from './leftovers.ts';
import { script } from './quoting.ts';
import { ask, each, sessionOf, type Way } from './way.ts';

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

/** Comes back over a new TCP connection; looks again where the old one was lost on the way. @throws Failure. */
export async function comeBack(way: Way, seconds: number, { onProgress }: ConvergeOptions): Promise<void> {
  const { host, reconnect } = way.target;
  onProgress({ host, state: 'changing', label: 'comes back over a new connection' });
  way.sessions.push(await openAgain(reconnect, patience(seconds)));
  if (way.observed !== null) return;
  await ask(way, true);
  if (way.left?.unended) return;
  if (way.left?.reverted.length === 0) way.armedAt = null;
  throw new Failure(
    `the connection was lost ${way.armedAt === null ? 'before anything was risked' : 'by the change'}`,
    host,
    'run the same command again: it takes up what is left to do',
  );
}

/** What shows that a change did not break what had worked. */
export interface Proof {
  /** What it is about, for people: `the new address`. */
  readonly of: string;
  /** Runs on the host, under the armed switch; exit status 0 where it works, else the last line on stderr says why not. */
  readonly command: Command;
}

/** The section that runs a proof. */
export const proofSection = ({ of, command }: Proof): Section => ({
  label: `proves that ${of} works`,
  kind: 'ask',
  script: script(command.script, ...command.args),
});

/**
 * What has to work between hosts has several ends: where one can't be proven, all go back to where they were.
 * @param ways those that were changed. @param all every host of the run: one that was not may have to call.
 */
export async function prove(ways: readonly Way[], all: readonly Way[], options: ConvergeOptions): Promise<void> {
  const callers = new Set(all.filter(way => callOf(way) !== null).map(way => way.target.host));
  const proofs = new Map(
    ways.flatMap(way => {
      const { before, observed, failure, target } = way;
      const proof = failure === null && before && observed ? (target.proof?.(before, observed, callers) ?? null) : null;
      return proof ? [[way, proof] as const] : [];
    }),
  );
  // A far end that did not change may still talk to what was here before: nothing but its call shows it the new.
  if (proofs.size === 0) {
    await Promise.all(all.filter(way => !ways.includes(way)).map(call));
    return;
  }
  // Who is called has to be called before his patience ends, however few hosts are worked on at the same time.
  const callersFirst = [...proofs.keys()].toSorted(
    (a, b) => Number(callers.has(b.target.host)) - Number(callers.has(a.target.host)),
  );
  await Promise.all([
    each(callersFirst, options.concurrency, async way => {
      const proof = proofs.get(way);
      if (!proof) return;
      const { host } = way.target;
      const section = proofSection(proof);
      options.onProgress({ host, state: 'changing', label: section.label });
      const [answer] = await sessionOf(way).exchange([section]);
      if (answer?.exit !== 0) throw unproven(host, proof, answer ?? null);
    }),
    ...all.filter(way => !proofs.has(way)).map(call),
  ]);
  const failed = [...proofs.keys()].filter(way => way.failure !== null).map(way => way.target.host);
  if (failed.length === 0) return;
  for (const [way, { of }] of proofs)
    way.failure ??= new Failure(
      `${of} is not proven on ${failed.join(', ')}`,
      way.target.host,
      `mend it on ${failed.join(', ')} and run again`,
    );
}

const callOf = ({ failure, observed, target }: Way): Command | null =>
  failure === null && observed ? (target.call?.(observed) ?? null) : null;

/** A host that can't call leaves its far end without a proof, which is told there. */
async function call(way: Way): Promise<void> {
  const command = callOf(way);
  if (!command) return;
  await sessionOf(way)
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
export type WayBack = 'at once' | 'by itself' | 'unknown';

/** Puts back what was risked on a host whose run has failed, over whatever connection there is. */
export async function takeBack(way: Way, seconds: number, { onProgress, deadMan }: ConvergeOptions): Promise<void> {
  const { failure, armedAt, target } = way;
  if (!failure || armedAt === null) return;
  onProgress({ host: target.host, state: 'changing', label: deadMan.revert.label });
  const deadline = armedAt + seconds * 1000 + GRACE_MILLISECONDS;
  const { back, reverted } = await putBack(way.sessions, target.reconnect, deadline, deadMan);
  way.armedAt = null;
  way.remarks.push(...reverted);
  for (const change of way.changes) if (change.risk !== null) change.applied = false;
  way.failure = new Failure(`${failure.what}; ${TOLD[back](seconds)}`, failure.where, failure.remedy);
}

const TOLD: Readonly<Record<WayBack, (seconds: number) => string>> = {
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
): Promise<{ readonly back: WayBack; readonly reverted: readonly string[] }> {
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
    const back: WayBack = answer?.exit === 3 ? 'by itself' : 'at once';
    return { back, reverted: leftovers(left).reverted };
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

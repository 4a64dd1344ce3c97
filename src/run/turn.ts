/** One turn of a rotation: prepared, switched, verified and kept on all its members, or rolled back on all of them. */

import { setTimeout as delay } from 'node:timers/promises';
import { ask } from './ask.ts';
import { Failure } from './failure.ts';
import { type HostRun, note, sessionOf } from './host-run.ts';
import { putBack, type Recovery } from './recovery.ts';
import { prepareOn, type Rotation, readyOn, runOf, settleOn, switchOn, verifyOn } from './turn-steps.ts';
import type { Member, PublicKeys } from './turn-types.ts';
import { waits } from './waits.ts';

/** @returns the public keys after the turn. @throws Failure after it was rolled back on all hosts that can be reached. */
export async function takeTurn(members: readonly Member[], keys: PublicKeys, rotation: Rotation): Promise<PublicKeys> {
  const armedAt = Date.now();
  const of = (what: string) =>
    waits(
      members.map(member => member.host),
      what,
      rotation.onProgress,
    );
  try {
    const made = new Map(
      await onAll(
        members,
        async member => [member.host, await prepareOn(member, rotation)] as const,
        of('the new keys'),
      ),
    );
    const fresh = new Map([
      ...keys,
      ...[...made].flatMap(([host, { publicKey }]) => (publicKey ? [[host, publicKey] as const] : [])),
    ]);
    const change = { old: keys, new: fresh };
    await onAll(members, member => readyOn(member, change, made, rotation), of('the prepared switch'));
    await switchAll(members, rotation);
    await onAll(members, member => verifyOn(member, fresh, rotation), of('the verification'));
    await settleAll(members, rotation);
    return fresh;
  } catch (error) {
    if (!(error instanceof Failure) || error.code === UNFINISHED) throw error;
    throw await takenBack(members, error, armedAt, rotation);
  }
}

/** The new keys are verified, and no host may roll back any more: one that cannot be reached now keeps them by its timer. */
const UNFINISHED = 'rotation-unfinished';

async function settleAll(members: readonly Member[], rotation: Rotation): Promise<void> {
  await onAll(members, member => settleOn(member, rotation)).catch(error => {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(
      UNFINISHED,
      `${error.what}; ${rotation.of} works with the new keys, which the host keeps within ${rotation.seconds} s`,
      error.where,
      'then run mailtun provision --check',
    );
  });
}

/**
 * Works on all hosts at once.
 * @param wait gets the name of each host that is done.
 * @throws the first Failure, after all are done.
 */
async function onAll<T>(
  members: readonly Member[],
  work: (member: Member) => Promise<T>,
  wait?: ReturnType<typeof waits>,
): Promise<T[]> {
  const results = await Promise.allSettled(members.map(member => work(member).finally(() => wait?.ready(member.host))));
  wait?.over();
  const failed = results.find(result => result.status === 'rejected');
  if (failed) throw failed.reason;
  return results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []));
}

/**
 * First those that have to switch first, then the others. A host that is reached through what is switched does not answer:
 * it is waited for as long as a round trip takes.
 */
async function switchAll(members: readonly Member[], rotation: Rotation): Promise<void> {
  const early = members.filter(member => member.switchesFirst);
  const roundTrips = await onAll(early, member => roundTrip(runOf(member, rotation)));
  const first = onAll(early, member => switchOn(member, rotation));
  await Promise.race([first, delay(2 * Math.max(...roundTrips) + 50)]);
  const late = members.filter(member => !member.switchesFirst);
  await Promise.all([first, onAll(late, member => switchOn(member, rotation))]);
}

/** Milliseconds. */
async function roundTrip(run: HostRun): Promise<number> {
  const from = performance.now();
  await sessionOf(run).exchange([{ label: 'measures the round trip', kind: 'ask', script: ':' }]);
  return performance.now() - from;
}

async function takenBack(
  members: readonly Member[],
  failure: Failure,
  armedAt: number,
  rotation: Rotation,
): Promise<Failure> {
  const deadline = armedAt + (rotation.seconds + 30) * 1000;
  const backs = await onAll(members, async member => {
    const run = runOf(member, rotation);
    rotation.onProgress({ host: member.host, state: 'changing', label: 'restores the old keys' });
    const { back, reverted } = await putBack(run.sessions, run.target.reconnect, deadline, rotation.deadMan);
    note(run, reverted);
    if (back !== 'unknown') await ask(run, true);
    return back;
  });
  const those = (how: Recovery): string =>
    members
      .filter((_, index) => backs[index] === how)
      .map(member => member.host)
      .join(' and ');
  const end = those('unknown')
    ? `${those('unknown')} cannot be reached; it keeps the new keys or rolls back by itself ${rotation.seconds} s after arming`
    : those('by itself')
      ? `${those('by itself')} kept or rolled back by itself; see notes`
      : 'the old keys are in use again';
  return new Failure(failure.code, `${failure.what}; ${end}`, failure.where, failure.remedy);
}

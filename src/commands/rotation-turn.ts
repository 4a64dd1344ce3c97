/** One turn of a rotation: prepared, switched, proven and settled on all its members, or put back on all of them. */

import { setTimeout as delay } from 'node:timers/promises';
import { ask } from '../run/ask.ts';
import { Failure } from '../run/failure.ts';
import { type HostRun, note, sessionOf } from '../run/host-run.ts';
import { putBack, type Recovery } from '../run/recovery.ts';
import type { TunnelHost } from '../tasks/neighbours.ts';
import { DEAD_MAN } from '../tasks/rollback.ts';
import { membersOf, type PublicKeys, type Turn } from '../tasks/rotation.ts';
import {
  prepareOn,
  presharedFor,
  proveOn,
  type Rotation,
  readyOn,
  runOf,
  settleOn,
  switchOn,
} from './rotation-steps.ts';

/** @returns the public keys after the turn. @throws Failure after everything was put back, where hosts can be reached. */
export async function takeTurn(turn: Turn, keys: PublicKeys, rotation: Rotation): Promise<PublicKeys> {
  const members = membersOf(turn);
  const armedAt = Date.now();
  try {
    const made = await onAll(members, host => prepareOn(host, turn, rotation));
    const fresh = new Map([
      ...keys,
      ...made.flatMap(({ publicKey }, index) => (publicKey ? [[members[index]?.name ?? '', publicKey] as const] : [])),
    ]);
    await onAll(members, host =>
      readyOn(host, turn, { old: keys, new: fresh }, presharedFor(host, members, made), rotation),
    );
    await switchAll(members, rotation);
    await onAll(members, host => proveOn(host, turn, fresh, rotation));
    await settleAll(members, rotation);
    return fresh;
  } catch (error) {
    if (!(error instanceof Failure) || error instanceof Unsettled) throw error;
    throw await takenBack(members, error, armedAt, rotation);
  }
}

/** The new keys are proven, and nobody may go back any more: what one host could not settle its timer will. */
class Unsettled extends Failure {}

async function settleAll(members: readonly TunnelHost[], rotation: Rotation): Promise<void> {
  await onAll(members, host => settleOn(host, rotation)).catch(error => {
    if (!(error instanceof Failure)) throw error;
    throw new Unsettled(
      `${error.what}; the tunnel works with the new keys, which the host keeps by itself within ${rotation.seconds} s`,
      error.where,
      'run mailtun provision --check after that',
    );
  });
}

/** Work on all hosts at once. @throws the first Failure, when all have come to an end. */
async function onAll<T>(hosts: readonly TunnelHost[], work: (host: TunnelHost) => Promise<T>): Promise<T[]> {
  const results = await Promise.allSettled(hosts.map(work));
  const failed = results.find(result => result.status === 'rejected');
  if (failed) throw failed.reason;
  return results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []));
}

/**
 * Relays first, the gateways when that is done. Each end starts a handshake as it switches, and two that cross on the way
 * undo each other (noise_consume_initiation of wg_noise.c): nothing would pass until one is repeated, 5 s later. So a
 * relay's has to come too early, to a gateway that does not know its key yet; what the relay sends waits in its queue, and
 * the gateway's own handshake, right after, frees it. The answer of a relay that is reached through the tunnel does not
 * come: it is waited for as long as one takes.
 */
async function switchAll(members: readonly TunnelHost[], rotation: Rotation): Promise<void> {
  const relays = members.filter(host => host.role === 'relay');
  const roundTrips = await onAll(relays, host => roundTrip(runOf(host, rotation)));
  const first = onAll(relays, host => switchOn(host, rotation));
  await Promise.race([first, delay(2 * Math.max(...roundTrips) + 50)]);
  const gateways = members.filter(host => host.role === 'gateway');
  await Promise.all([first, onAll(gateways, host => switchOn(host, rotation))]);
}

/** Milliseconds. */
async function roundTrip(run: HostRun): Promise<number> {
  const from = performance.now();
  await sessionOf(run).exchange([{ label: 'measures the way', kind: 'ask', script: ':' }]);
  return performance.now() - from;
}

async function takenBack(
  members: readonly TunnelHost[],
  failure: Failure,
  armedAt: number,
  rotation: Rotation,
): Promise<Failure> {
  const deadline = armedAt + (rotation.seconds + 30) * 1000;
  const backs = await onAll(members, async host => {
    const run = runOf(host, rotation);
    rotation.onProgress({ host: host.name, state: 'changing', label: 'puts back the old keys' });
    const { back, reverted } = await putBack(run.sessions, run.target.reconnect, deadline, DEAD_MAN);
    note(run, reverted);
    if (back !== 'unknown') await ask(run, true);
    return back;
  });
  const those = (how: Recovery): string =>
    members
      .filter((_, index) => backs[index] === how)
      .map(host => host.name)
      .join(' and ');
  const end = those('unknown')
    ? `${those('unknown')} can't be asked and decides by itself ${rotation.seconds} s after it was armed`
    : those('by itself')
      ? `${those('by itself')} kept or rolled back by itself; see notes`
      : 'the old keys are in use again';
  return new Failure(`${failure.what}; ${end}`, failure.where, failure.remedy);
}

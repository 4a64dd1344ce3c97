/**
 * Replaces keys that several hosts have to know, one turn after the other: asks every host, locks them, and makes each turn
 * that can be verified; a turn that cannot is not made.
 */

import { connectAndAsk } from './ask.ts';
import { Failure } from './failure.ts';
import { close, each, type HostRun, observedOn, roundTripsOf } from './host-run.ts';
import { judge, partsOf } from './judge.ts';
import { endInterrupted, lockAll } from './locking.ts';
import type { Published } from './resource.ts';
import { takeTurn } from './turn.ts';
import type { Rotation } from './turn-steps.ts';
import type { Member, PublicKeys } from './turn-types.ts';

/** A host whose key was to be changed. */
export interface Rotated {
  readonly host: string;
  /** Public keys, base64; null where unknown. `after` is also null with --check. */
  readonly before: string | null;
  readonly after: string | null;
  readonly failure: Failure | null;
  readonly roundTrips: number;
  readonly notes: readonly string[];
}

/** A rotation and its options. */
interface Rotating extends Rotation {
  readonly check: boolean;
  readonly concurrency: number;
  /** Under this key hosts publish the keys that are replaced. */
  readonly published: string;
}

type Turn = readonly Member[];

const NONE: Published = new Map();

/** Never rejects for a failure on a host: that is in the result. */
export async function rotate(turns: readonly Turn[], rotating: Rotating): Promise<readonly Rotated[]> {
  const all = [...rotating.runs.values()];
  const options = { ...rotating, provided: NONE };
  try {
    await each(all, options.concurrency, run => connectAndAsk(run, options));
    judge(all, options);
    if (!rotating.check) await takeLocks(all, options);
    const before = keysOf(all, rotating);
    const failures = new Map<Turn, Failure>();
    let keys = before;
    for (const turn of turns) {
      const failure = reasonAgainst(turn, rotating);
      if (failure) failures.set(turn, failure);
      if (failure || rotating.check) continue;
      const taken = await take(turn, keys, rotating, all);
      if (taken.failure) failures.set(turn, taken.failure);
      keys = taken.keys;
    }
    return turns.flatMap(turn =>
      turn
        .filter(member => member.rotates)
        .map(({ host }) => ({
          host,
          before: before.get(host) ?? null,
          after: rotating.check ? null : (keys.get(host) ?? null),
          failure: failures.get(turn) ?? null,
          roundTrips: roundTripsOf(rotating.runs.get(host) ?? { sessions: [] }),
          notes: rotating.runs.get(host)?.notes ?? [],
        })),
    );
  } finally {
    await close(all);
  }
}

async function takeLocks(all: readonly HostRun[], options: Rotating & { readonly provided: Published }) {
  await endInterrupted(all, options);
  await lockAll(
    all.filter(run => run.isOurs && run.failure === null),
    all,
    options,
  );
  judge(all, options);
}

/** Makes a turn; if it fails, the keys are those that the hosts have now. */
async function take(
  turn: Turn,
  keys: PublicKeys,
  rotating: Rotating,
  all: readonly HostRun[],
): Promise<{ readonly keys: PublicKeys; readonly failure: Failure | null }> {
  try {
    const fresh = await takeTurn(turn, keys, rotating);
    judge(all, { ...rotating, provided: NONE });
    const left = turn.find(({ host }) => (rotating.runs.get(host)?.planned?.changes.length ?? 0) > 0);
    return { keys: fresh, failure: left ? unsettled(left.host, rotating) : null };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { keys: new Map([...keys, ...keysOf(all, rotating)]), failure: error };
  }
}

/** Every host's key; of one that cannot be asked, as others remember it. */
const keysOf = (all: readonly HostRun[], { published }: Rotating): PublicKeys =>
  new Map(
    [...partsOf(all)].flatMap(([host, { [published]: key }]) => (key === undefined ? [] : [[host, key] as const])),
  );

/** Why a turn is not made: it could not be verified. */
function reasonAgainst(turn: Turn, { runs }: Rotating): Failure | null {
  const rotating = turn.filter(member => member.rotates).map(member => member.host);
  for (const { host, obstacle } of turn) {
    const against = obstacleOn(runs.get(host), obstacle);
    if (against)
      return new Failure(
        'rotation-refused',
        `the keys of ${rotating.join(' and ')} are not changed: ${against.what}`,
        host,
        against.remedy,
      );
  }
  return null;
}

function obstacleOn(run: HostRun | undefined, obstacle: Member['obstacle']): ReturnType<Member['obstacle']> {
  if (!run || run.failure) return { what: run?.failure?.what ?? 'not connected', remedy: run?.failure?.remedy ?? '' };
  const differs = run.planned?.changes[0] ?? run.planned?.waiting[0];
  if (differs) return { what: `${differs.resource} differs from the inventory`, remedy: 'run mailtun provision first' };
  const observed = observedOn(run);
  return observed && obstacle(observed);
}

const unsettled = (host: string, { of }: Rotating): Failure =>
  new Failure(
    'rotation-unfinished',
    `${of} works with the new keys, but its files do not match them`,
    host,
    'run mailtun provision',
  );

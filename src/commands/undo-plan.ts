/** What an undo puts back on which host, and what became of it. */

import type { Fleet, Host } from '../hosts/fleet.ts';
import { ownTunnelsQuestion } from '../resources/former-tunnels.ts';
import { interfacesQuestion } from '../resources/wg-interface.ts';
import { each, fail, type HostRun, hostRun, observedOn, roundTripsOf, sessionOf } from '../run/host-run.ts';
import type { Plan, PlannedChange } from '../run/plan.ts';
import { leaveTheOthers } from '../run/refusals.ts';
import { change, type Observed, reason, type Step } from '../run/resource.ts';
import type { Outcome } from '../run/target.ts';
import { isRisky, type Kept, type KeptRun, keptQuestion, keptRuns, putBackStep, textSections } from '../run/undo.ts';
import { isTunnelHost } from '../tasks/neighbours.ts';
import { ROLLBACK } from '../tasks/rollback.ts';
import { tunnelCall, tunnelProof } from '../tasks/tunnel-proof.ts';
import { keptActionsQuestion, strandedByUndo } from '../tasks/undo-queue.ts';
import type { Connections } from './connections.ts';
import type { CommonOptions } from './terminal.ts';

/** Options of `mailtun undo`. */
export interface UndoOptions extends CommonOptions {
  readonly check?: boolean;
  readonly diff?: boolean;
  /** Everything that mailtun ever put there, instead of the last run's changes. */
  readonly all?: boolean;
  /** With `all`: the keys as well. */
  readonly keys?: boolean;
}

/** A host, and what is to be put back there. */
export interface Undoing {
  readonly host: HostRun;
  run: KeptRun | null;
}

/** Nothing is chosen yet. */
export function undoingOf(host: Host, fleet: Fleet, connections: Connections): Undoing {
  const question = isTunnelHost(host) ? [interfacesQuestion, ownTunnelsQuestion] : [];
  const undoing: Undoing = {
    run: null,
    host: hostRun(
      {
        host: host.name,
        assigned: [],
        publishes: [],
        asks: [keptQuestion(ROLLBACK), keptActionsQuestion, ...question],
        connect: () => connections.connect(host),
        reconnect: () => connections.reconnect(host),
        // A tunnel that worked when it was kept has to work again.
        ...(isTunnelHost(host)
          ? {
              proof: (_, now, callers) => tunnelProof(host, fleet)(asKept(undoing.run), now, callers),
              call: tunnelCall(host, fleet),
            }
          : {}),
      },
      true,
    ),
  };
  return undoing;
}

/** The interfaces as they were when a run kept them, in the form of answers. */
const asKept = (run: KeptRun | null): Observed => ({
  file: path => {
    throw new Error(`nobody asked about ${path}`);
  },
  run: name => {
    const kept = run?.saved ?? new Map<string, string>();
    const texts = new Map([
      [interfacesQuestion.name, [...kept.values()].join('')],
      [ownTunnelsQuestion.name, [...kept.keys()].join('\n')],
    ]);
    return { exit: 0, stdout: Buffer.from(texts.get(name) ?? ''), stderr: Buffer.alloc(0) };
  },
});

/** The same run on all hosts: the newest that any of them has. One undone half would leave the halves at odds. */
export function choose(undoings: readonly Undoing[], { all }: UndoOptions): void {
  const kept = undoings.map(({ host }) => {
    const answer = observedOn(host)?.run(keptQuestion(ROLLBACK).name);
    return answer ? keptRuns(answer.stdout.toString('utf8')) : [];
  });
  const names = kept.flatMap(runs => runs.map(run => run.name)).filter(name => name !== 'original');
  const name = all ? 'original' : names.toSorted().at(-1);
  for (const [index, one] of undoings.entries()) one.run = kept[index]?.find(run => run.name === name) ?? null;
}

/** Where queued mail would be stranded nothing is undone, on any host. */
export function refuseToStrand(undoings: readonly Undoing[]): void {
  const refused = undoings.filter(({ host, run }) => {
    const observed = observedOn(host);
    const stranded = run && observed ? strandedByUndo(host.target.host, run.name, observed) : null;
    if (stranded) fail(host, stranded);
    return stranded !== null;
  });
  if (refused.length === 0) return;
  const names = refused.map(({ host }) => host.target.host).join(', ');
  leaveTheOthers(
    undoings.map(({ host }) => host),
    `${names} can't be put back now`,
    `see to ${names} first`,
  );
}

/** Puts back what a run has replaced. */
export const putBack = (run: KeptRun, leave: readonly string[]): Step => putBackStep(run, leave, ROLLBACK);

/** These steps as the plan of a host, risky where going back can cut the host in. */
export function planOf(
  { run }: Undoing,
  options: UndoOptions,
  steps: readonly ((run: KeptRun, leave: readonly string[]) => Step)[],
): Plan {
  const risk = run && isRisky(run, ROLLBACK) && steps.includes(putBack) ? 'lockout' : null;
  const changes: readonly PlannedChange[] = run
    ? steps.map(step => ({
        ...change(UNDO, reason('undo-pending', ''), [step(run, keysOf(run, options))], { risk }),
        task: 'undo',
      }))
    : [];
  return { changes, unchanged: 0, waiting: [], takesOver: [], held: [], failures: [], without: [] };
}

const UNDO = 'what was there before';

/** Keys that mailtun made stay when all of it goes, unless they are to go as well. */
const keysOf = ({ kept }: KeptRun, { all, keys }: UndoOptions): readonly string[] =>
  all && !keys
    ? kept
        .map(one => one.name)
        .filter(name => /^\/root\/KEY_|^\/etc\/(ssl\/private|mail\/mailtun\.dkim)\/.*\.key$/.test(name))
    : [];

/** In the form of a provision's, a change for everything that was put back. */
export async function outcomeOf({ host, run }: Undoing, options: UndoOptions): Promise<Outcome> {
  const leave = run ? keysOf(run, options) : [];
  const kept = (run?.kept ?? []).filter(one => !leave.includes(one.name));
  const applied = host.changes.some(one => one.resource === UNDO && one.applied);
  const diffs = new Map<string, TextDiff>();
  if (run && options.diff)
    await each([host], 1, async () => {
      for (const diff of await diffsOf(host, run, kept)) diffs.set(diff.path, diff);
    });
  const changes = kept.map(one => ({
    ...change(isFile(one) ? one.name : `${one.how} ${one.name}`, reason('undo-pending', whyOf(one)), []),
    diff: diffs.get(one.name) ?? null,
    task: 'undo',
    applied,
  }));
  return {
    host: host.target.host,
    changes,
    unchanged: 0,
    failure: host.failure,
    roundTrips: roundTripsOf(host),
    remarks: host.remarks,
  };
}

const whyOf = ({ how, state }: Kept): string =>
  how === 'replaced' ? 'was replaced' : how === 'created' ? 'was not there' : `was ${state}`;

type TextDiff = NonNullable<Outcome['changes'][number]['diff']>;

const isFile = ({ how }: Kept): boolean => how === 'replaced' || how === 'created';

async function diffsOf(host: HostRun, run: KeptRun, kept: readonly Kept[]): Promise<readonly TextDiff[]> {
  const paths = kept.filter(isFile).map(one => one.name);
  const answers = await sessionOf(host).exchange(paths.flatMap(path => textSections(run, path)));
  const texts = answers.map(answer => answer?.stdout.toString('utf8') ?? '');
  return paths.flatMap((path, index) => {
    const [before = '', after = ''] = texts.slice(2 * index);
    return before === after ? [] : [{ path, before, after }];
  });
}

import type { Fleet } from '../hosts/fleet.ts';
import { progressFor } from '../report/progress.ts';
import { remarksText } from '../report/provision.ts';
import { type Rotated, rotationJson, rotationText } from '../report/rotation.ts';
import { WG_PUBLIC_KEY } from '../resources/wg-key.ts';
import { look } from '../run/ask.ts';
import { healLeftovers, lockAll } from '../run/claim.ts';
import { DEAD_MAN_SECONDS } from '../run/dead-man.ts';
import { Failure } from '../run/failure.ts';
import { close, each, type HostRun, observedOn, roundTripsOf } from '../run/host-run.ts';
import { judge, partsOf } from '../run/judge.ts';
import type { Progress } from '../run/target.ts';
import { isTunnelHost } from '../tasks/neighbours.ts';
import { DEAD_MAN } from '../tasks/rollback.ts';
import { membersOf, type PublicKeys, partnersOf, type Turn } from '../tasks/rotation.ts';
import { pingQuestion } from '../tasks/tunnel-proof.ts';
import { loadFleet } from './fleet.ts';
import { chosenTurns, runsOf } from './rotation-hosts.ts';
import { takeTurn } from './rotation-turn.ts';
import { CONCURRENCY, type CommonOptions, EXIT, type Terminal } from './terminal.ts';

/** Options of `mailtun rotate-keys`. */
export interface RotateOptions extends CommonOptions {
  readonly check?: boolean;
}

/**
 * New WireGuard keys on every tunnel, one turn after the other. Resolves to the exit status: 1 where a key was left as
 * it was.
 * @param seconds how long a host waits for the proof before it decides by itself.
 */
export async function rotateKeys(
  inventory: string | undefined,
  options: RotateOptions,
  terminal: Terminal,
  seconds = DEAD_MAN_SECONDS,
): Promise<number> {
  const fleet = await loadFleet(inventory, terminal);
  const ends = fleet.hosts.filter(isTunnelHost);
  const turns = chosenTurns(fleet, options);
  const view = progressFor(
    ends.map(host => host.name),
    { ...options, quiet: true },
    terminal,
  );
  const runs = runsOf(fleet, turns);
  try {
    const rotated = await rotate(fleet, turns, runs, {
      check: options.check ?? false,
      concurrency: options.concurrency ?? CONCURRENCY,
      seconds,
      onProgress: view.on,
    });
    for (const { host, failure } of rotated)
      view.on({ host, state: failure ? 'failed' : 'done', label: failure?.what ?? '' });
    await view.end();
    report(rotated, options, terminal);
    terminal.err(remarksBesides(rotated, runs));
    return exitStatus(rotated, options.check ?? false);
  } finally {
    await close([...runs.values()]);
  }
}

interface Rotating {
  readonly check: boolean;
  readonly seconds: number;
  readonly concurrency: number;
  readonly onProgress: (event: Progress) => void;
}

async function rotate(
  fleet: Fleet,
  turns: readonly Turn[],
  runs: ReadonlyMap<string, HostRun>,
  { check, seconds, onProgress, concurrency }: Rotating,
): Promise<readonly Rotated[]> {
  const all = [...runs.values()];
  const options = { check, onProgress, concurrency, given: new Map(), deadMan: DEAD_MAN };
  await each(all, concurrency, run => look(run, options));
  judge(all, options);
  if (!check) {
    await healLeftovers(all, options);
    await lockAll(
      all.filter(run => run.isOurs && run.failure === null),
      all,
      options,
    );
    judge(all, options);
  }
  const before = publicKeysOf(all);
  const failures = new Map<Turn, Failure>();
  let keys = before;
  for (const turn of turns) {
    const reason = reasonAgainst(turn, fleet, runs);
    if (reason) failures.set(turn, reason);
    if (reason || check) continue;
    try {
      keys = await takeTurn(turn, keys, { fleet, runs, seconds, onProgress });
      judge(all, options);
      const left = membersOf(turn).find(host => (runs.get(host.name)?.planned?.changes.length ?? 0) > 0);
      if (left) failures.set(turn, unsettled(left.name));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.set(turn, error);
      keys = new Map([...keys, ...publicKeysOf(all)]);
    }
  }
  return turns.flatMap(turn =>
    turn.rotating.map(({ name }) => ({
      host: name,
      before: before.get(name) ?? null,
      after: check ? null : (keys.get(name) ?? null),
      failure: failures.get(turn) ?? null,
      roundTrips: roundTripsOf(runs.get(name) ?? { sessions: [] }),
      remarks: runs.get(name)?.remarks ?? [],
    })),
  );
}

/** Every end's key; of one that can't be asked, as its far ends remember it. */
const publicKeysOf = (all: readonly HostRun[]): PublicKeys =>
  new Map(
    [...partsOf(all)].flatMap(([host, { [WG_PUBLIC_KEY]: key }]) => (key === undefined ? [] : [[host, key] as const])),
  );

/** Why a turn can't be taken: it could not be proven, so its keys are left alone. */
function reasonAgainst(turn: Turn, fleet: Fleet, runs: ReadonlyMap<string, HostRun>): Failure | null {
  const names = turn.rotating.map(host => host.name).join(' and ');
  for (const host of membersOf(turn)) {
    const run = runs.get(host.name);
    if (!run || run.failure)
      return new Failure(
        `the keys of ${names} are left alone: ${run?.failure?.what ?? 'not connected'}`,
        host.name,
        run?.failure?.remedy ?? '',
      );
    const differs = run.planned?.changes[0] ?? run.planned?.waiting[0];
    if (differs)
      return new Failure(
        `the keys of ${names} are left alone: ${differs.resource} is not as the inventory wants it`,
        host.name,
        'run mailtun provision first',
      );
    const answers = observedOn(run)?.run(pingQuestion(host, fleet).name).stdout.toString('utf8').split('\n') ?? [];
    const silent = partnersOf(host, turn, fleet).find(peer => !answers.includes(peer.tunnel.address));
    if (silent)
      return new Failure(
        `the keys of ${names} are left alone: ${silent.name} does not answer through the tunnel`,
        host.name,
        'mailtun doctor says what is in the way',
      );
  }
  return null;
}

/** What there is to be said of hosts that kept their keys: the far ends of those that were to get new ones. */
const remarksBesides = (rotated: readonly Rotated[], runs: ReadonlyMap<string, HostRun>): string =>
  remarksText(
    [...runs.values()]
      .map(({ target, remarks }) => ({ host: target.host, remarks }))
      .filter(({ host }) => rotated.every(one => one.host !== host)),
  );

const unsettled = (host: string): Failure =>
  new Failure('the tunnel works with the new keys, but its files do not match them', host, 'run mailtun provision');

function report(rotated: readonly Rotated[], options: RotateOptions, terminal: Terminal): void {
  const check = options.check ?? false;
  if (options.json) {
    terminal.out(`${JSON.stringify(rotationJson(rotated, check))}\n`);
    return;
  }
  const isNews = rotated.some(one => one.failure !== null || one.remarks.length > 0);
  if (terminal.interactive || options.verbose || check || isNews) terminal.out(rotationText(rotated, check));
}

function exitStatus(rotated: readonly Rotated[], check: boolean): number {
  if (rotated.some(one => one.failure)) return EXIT.failed;
  return check && rotated.length > 0 ? EXIT.unwell : EXIT.well;
}

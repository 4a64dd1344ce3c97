import { progressFor } from '../report/progress.ts';
import { notesText } from '../report/provision.ts';
import { rotationJson, rotationText } from '../report/rotation.ts';
import { WG_PUBLIC_KEY } from '../resources/wg-key.ts';
import { DEAD_MAN_SECONDS } from '../run/dead-man.ts';
import type { HostRun } from '../run/host-run.ts';
import { type Rotated, rotate } from '../run/rotate.ts';
import { isTunnelHost } from '../tasks/neighbours.ts';
import { DEAD_MAN } from '../tasks/rollback.ts';
import { rotationMembers } from '../tasks/rotation-members.ts';
import { settle, switchOver } from '../tasks/rotation-scripts.ts';
import { loadFleet } from './fleet.ts';
import { chosenTurns, runsOf } from './rotation-hosts.ts';
import { CONCURRENCY, type CommonOptions, EXIT, type Terminal } from './terminal.ts';

/** Options of `mailtun rotate-keys`. */
export interface RotateOptions extends CommonOptions {
  readonly check?: boolean;
}

/**
 * Gives every tunnel new WireGuard keys, one turn after the other. Resolves to the exit status, which is 1 if a key was
 * not rotated.
 * @param seconds how long a host waits for the confirmation before it keeps the new key or rolls back by itself.
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
  const check = options.check ?? false;
  const rotated = await rotate(
    turns.map(turn => rotationMembers(turn, fleet)),
    {
      of: 'the tunnel',
      runs,
      check,
      seconds,
      concurrency: options.concurrency ?? CONCURRENCY,
      published: WG_PUBLIC_KEY,
      deadMan: DEAD_MAN,
      switchOver,
      settle,
      onProgress: view.on,
    },
  );
  for (const { host, failure } of rotated)
    view.on({ host, state: failure ? 'failed' : 'done', label: failure?.what ?? '' });
  await view.end();
  report(rotated, options, terminal);
  terminal.err(notesBesides(rotated, runs));
  return exitStatus(rotated, check);
}

/** Notes on hosts that keep their keys: the far ends of those with new ones. */
const notesBesides = (rotated: readonly Rotated[], runs: ReadonlyMap<string, HostRun>): string =>
  notesText(
    [...runs.values()]
      .map(({ target, notes }) => ({ host: target.host, notes }))
      .filter(({ host }) => rotated.every(one => one.host !== host)),
  );

function report(rotated: readonly Rotated[], options: RotateOptions, terminal: Terminal): void {
  const check = options.check ?? false;
  if (options.json) {
    terminal.out(`${JSON.stringify(rotationJson(rotated, check))}\n`);
    return;
  }
  const isNews = rotated.some(one => one.failure !== null || one.notes.length > 0);
  if (terminal.interactive || options.verbose || check || isNews) terminal.out(rotationText(rotated, check));
}

function exitStatus(rotated: readonly Rotated[], check: boolean): number {
  if (rotated.some(one => one.failure)) return EXIT.failed;
  return check && rotated.length > 0 ? EXIT.unwell : EXIT.well;
}

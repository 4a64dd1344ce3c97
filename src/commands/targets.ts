/** From an inventory and the words of a command line to the hosts of a run. */

import { readFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { text as textOf } from 'node:stream/consumers';
import { connect } from '../hosts/connect.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { warningsOf } from '../hosts/fleet-warnings.ts';
import { nearest } from '../hosts/inventory/did-you-mean.ts';
import { quoted } from '../hosts/inventory/errors.ts';
import { findInventory, readInventory, STDIN } from '../hosts/inventory.ts';
import { createPool } from '../hosts/ssh/pool.ts';
import { ownTunnelsQuestion } from '../resources/former-tunnels.ts';
import { interfacesQuestion } from '../resources/wg-interface.ts';
import type { Session } from '../run/exchange.ts';
import { Failure } from '../run/failure.ts';
import { prelude } from '../run/prelude.ts';
import type { Target } from '../run/target.ts';
import { type Assigned, assign } from '../run/task.ts';
import { allTasks } from '../tasks/all.ts';
import { agreements } from '../tasks/desire.ts';
import { standingQuestions } from '../tasks/in-force.ts';
import { isTunnelHost } from '../tasks/neighbours.ts';
import { ROLLBACK } from '../tasks/rollback.ts';
import { putBackQuestion, tunnelCall, tunnelProof } from '../tasks/tunnel-proof.ts';
import type { CommonOptions, Terminal } from './terminal.ts';

/** Says aloud what its owner should know of it. @throws Failure or InventoryErrors: nothing has been contacted then. */
export async function loadFleet(argument: string | undefined, terminal: Terminal): Promise<Fleet> {
  const path = findInventory(argument, terminal.env, terminal.cwd);
  const text = await (path === STDIN ? textOf(process.stdin) : readFile(path, 'utf8')).catch(
    (error: NodeJS.ErrnoException) => {
      throw new Failure(`can't be read: ${error.code ?? error.message}`, path, 'name an inventory that can be read');
    },
  );
  const fleet = readInventory(path, text);
  for (const warning of warningsOf(fleet)) terminal.err(`mailtun: ${path}: ${warning}\n`);
  return fleet;
}

/** Which hosts and tasks were chosen. */
export interface Selection extends CommonOptions {
  readonly only?: readonly string[];
}

/**
 * Every host, with what is to be judged there. Hosts that were not chosen are still asked for what the chosen ones
 * need of them.
 * @param run names the copies that the hosts keep: see runName.
 * @throws Failure for a host or a task that there is not.
 */
export function targetsOf(fleet: Fleet, selection: Selection, run: string): readonly Target[] {
  const hosts = chosenHosts(fleet, selection);
  const tasks = chosen(
    'task',
    selection.only,
    allTasks.map(task => task.name),
  );
  const connections = connectionsTo(fleet, run);
  const desire = agreements(fleet, allTasks, task => tasks.has(task));
  return fleet.hosts.map(host => {
    const all = assign(allTasks, host, fleet);
    // Where TLS goes off, its files matter until nobody speaks it, which only the answers tell.
    const withTls = fleet.mail.tls ? [] : assign(allTasks, host, { ...fleet, stillTls: true });
    return {
      host: host.name,
      assigned: hosts.has(host.name) ? all.filter(one => tasks.has(one.task)) : [],
      desire: desire(host, hosts.has(host.name)),
      publishes: all.filter(publishes),
      connect: () => connections.connect(host),
      reconnect: () => connections.reconnect(host),
      asks: [
        ...(isTunnelHost(host) ? [interfacesQuestion, ownTunnelsQuestion, putBackQuestion] : []),
        ...standingQuestions(host, fleet),
        ...[...all.filter(one => one.task === 'smtpd'), ...withTls].flatMap(one => one.resource.questions),
      ],
      ...(isTunnelHost(host) ? { proof: tunnelProof(host, fleet), call: tunnelCall(host, fleet) } : {}),
      isCalled: host.role === 'relay',
    };
  });
}

/** How the hosts of a fleet are reached, for one run. */
export interface Connections {
  /** Shares what leads there with the other hosts of the run. */
  readonly connect: (host: Host) => Promise<Session>;
  /** All of it anew, from a TCP connection on; a passphrase once told is remembered. */
  readonly reconnect: (host: Host) => Promise<Session>;
}

/** @param run names the copies that the hosts keep: see runName. */
export function connectionsTo(fleet: Fleet, run: string): Connections {
  const pool = createPool();
  const functions = prelude(ROLLBACK, run, `${userInfo().username}@${hostname()}`);
  return {
    connect: host => connect(host, fleet, { pool, prelude: functions }),
    reconnect: host =>
      connect(host, fleet, { pool: { ...createPool(), signer: pool.signer }, prelude: functions, isAnew: true }),
  };
}

const publishes = ({ resource }: Assigned): boolean => resource.publish !== undefined || resource.recall !== undefined;

/** `20261122T080500Z-4f2a`: sorts by time, and two runs of one second differ. */
export const runName = (now: Date = new Date()): string =>
  `${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${Math.floor(Math.random() * 0x10000)
    .toString(16)
    .padStart(4, '0')}`;

/** The names that were chosen, or all. @throws Failure for one that is not known. */
export function chosen(
  noun: string,
  wanted: readonly string[] | undefined,
  known: readonly string[],
): ReadonlySet<string> {
  const unknown = wanted?.find(name => !known.includes(name));
  if (unknown === undefined) return new Set(wanted && wanted.length > 0 ? wanted : known);
  const meant = nearest(unknown, known);
  throw new Failure(
    `there is no ${noun} ${quoted(unknown)}`,
    `--${noun === 'task' ? 'only' : noun}`,
    `${meant === null ? '' : `did you mean ${quoted(meant)}? `}one of ${known.join(', ')}`,
  );
}

/** The names of --host, or all hosts. @throws Failure for one that is not in the inventory. */
export const chosenHosts = (fleet: Fleet, { host }: CommonOptions): ReadonlySet<string> =>
  chosen(
    'host',
    host,
    fleet.hosts.map(({ name }) => name),
  );

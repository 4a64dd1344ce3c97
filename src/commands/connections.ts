/** Connections to the hosts of a fleet, for one run. */
import { hostname, userInfo } from 'node:os';
import { connect, firstAsked } from '../hosts/connect.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { type AskedAhead, askAhead } from '../hosts/ssh/ask-ahead.ts';
import { createPool } from '../hosts/ssh/pool.ts';
import type { Session } from '../run/exchange.ts';
import { prelude } from '../run/prelude.ts';
import type { Question } from '../run/resource.ts';
import type { Target } from '../run/target.ts';
import { ROLLBACK } from '../tasks/rollback.ts';

/** Opens sessions with the hosts of a fleet. */
export interface Connections {
  /** A session, which shares logins with the other hosts of the run. */
  readonly connect: (host: Host) => Promise<Session>;
  /** A new session over a new TCP connection; a passphrase is asked for once. */
  readonly reconnect: (host: Host) => Promise<Session>;
}

/** Connections that can be started before they are needed. */
interface EarlyConnections extends Connections {
  /**
   * Starts to connect to the first hosts of the fleet; a later `connect` gets the result. Resolves, and never rejects,
   * when there is nothing left but to wait for the first of them.
   */
  readonly begin: (count: number) => Promise<void>;
}

/** Connections for a run. @param run the name of the copies that the hosts keep: see runName. */
export function connectionsTo(fleet: Fleet, run: string = runName()): EarlyConnections {
  const pool = createPool();
  const functions = prelude(ROLLBACK, run, `${userInfo().username}@${hostname()}`);
  const begun = new Map<Host, Promise<Session>>();
  let asked: AskedAhead = () => null;
  const open = (host: Host, onDialled = () => {}): Promise<Session> =>
    connect(host, fleet, { pool, prelude: functions, onDialled, asked });
  return {
    begin: async count => {
      const dialled = fleet.hosts.slice(0, count).map(
        host =>
          new Promise<void>(resolve => {
            const opening = open(host, resolve);
            // A failure is reported by `connect`.
            opening.then(
              () => resolve(),
              () => resolve(),
            );
            begun.set(host, opening);
          }),
      );
      asked = askAhead(firstAsked(fleet.hosts.slice(count), fleet));
      await Promise.race(dialled);
    },
    connect: host => {
      const opening = begun.get(host) ?? open(host);
      begun.delete(host);
      return opening;
    },
    reconnect: host =>
      connect(host, fleet, { pool: { ...createPool(), signer: pool.signer }, prelude: functions, isAnew: true }),
  };
}

/** The target for a host that is asked but not changed. */
export const askedTarget = (host: Host, { connect, reconnect }: Connections, asks: readonly Question[]): Target => ({
  host: host.name,
  assigned: [],
  publishes: [],
  asks,
  connect: () => connect(host),
  reconnect: () => reconnect(host),
});

/** `20261122T080500Z-4f2a`: sorts by time, and differs for two runs in one second. */
const runName = (): string =>
  `${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${Math.floor(Math.random() * 0x10000)
    .toString(16)
    .padStart(4, '0')}`;

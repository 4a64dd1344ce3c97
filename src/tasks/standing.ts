/** The current state of hosts, by which the next step of one is decided. */
import type { Fleet, Host } from '../hosts/fleet.ts';
import type { Hops } from './hops.ts';

/** The current state of a host. */
export interface Standing {
  /** By its current files. */
  readonly hops: Hops;
  /** False if the running smtpd may still use older files, so that others must not rely on it. */
  readonly isSure: boolean;
  /** To whom mail waits in its queue. */
  readonly queued: ReadonlySet<string>;
  /** By recipient the host that all of it goes to, where it is one and known. */
  readonly queuedTo?: ReadonlyMap<string, string>;
  /** The domains of whose users mail waits there. */
  readonly queuedFrom: ReadonlySet<string>;
  /** Where its alias for root leads, if mailtun has written that. */
  readonly rootTo: string | null;
}

/** By host name; no entry: it could not be asked. */
export type Standings = ReadonlyMap<string, Standing>;

/** A change that is held back. */
export interface Hold {
  readonly about: 'smtpd' | 'credentials' | 'recipients';
  readonly what: string;
  readonly until: string;
}

/** The condition of a hold. */
export const changed = (host: string): string => `${host} is changed as well`;

/** A host that makes a step, and what is known of the others. */
export interface At {
  readonly host: Host;
  readonly fleet: Fleet;
  readonly wanted: Hops;
  readonly own: Hops;
  /** By its current files, whatever role they are for. */
  readonly before: Hops;
  readonly known: (name: string) => Hops | null;
  /** What is known of another host in whatever role it has. */
  readonly asIs: (name: string) => Hops | null;
  /** The role that a host is known to have, where it is another than the inventory's; `known` is null then. */
  readonly otherRole: (name: string) => Host['role'] | null;
  /** A host that has files for this role and another one in the inventory, whatever its smtpd runs with. */
  readonly still: (role: Host['role']) => Host | undefined;
  /** A host that has another role in the inventory and may still have this one. */
  readonly former: (role: Host['role']) => Host | undefined;
  readonly queued: (name: string) => ReadonlySet<string>;
  readonly queuedTo: (name: string, address: string) => string | undefined;
  readonly queuedFrom: (name: string) => ReadonlySet<string>;
  readonly rootTo: (name: string) => string | null;
  readonly canChange: (name: string) => boolean;
  /** The host that must change before another one's smtpd.conf may; null: none. */
  readonly awaitedBy: (host: Host) => string | null;
  readonly hold: (about: Hold['about'], what: string, until: string) => void;
}

/** What waits where. */
export const queuesIn = (now: Standings): Pick<At, 'queued' | 'queuedTo' | 'queuedFrom' | 'rootTo'> => ({
  queued: name => now.get(name)?.queued ?? new Set(),
  queuedTo: (name, address) => now.get(name)?.queuedTo?.get(address),
  queuedFrom: name => now.get(name)?.queuedFrom ?? new Set(),
  rootTo: name => now.get(name)?.rootTo ?? null,
});

/**
 * The moves by which neighbours come to what the inventory wants: whatever a host may send, the next one takes, whichever
 * of them have made their move. Receivers are widened before their senders use it, and narrowed after the last sender
 * has stopped. Pure; a test draws fleets, edits and hosts that are away.
 */
import { type Fleet, type Host, relaysOf } from '../hosts/fleet.ts';
import {
  type Hops,
  loginOf,
  receiversOf,
  type Sends,
  type Side,
  sendersTo,
  sidesOf,
  type Takes,
  wantedHops,
} from './hops.ts';
import { credentialUser } from './neighbours.ts';

/** What a host has in force. */
export interface Standing {
  /** By the files that are there. */
  readonly hops: Hops;
  /** False where the running smtpd may go by older ones: nobody relies on them. */
  readonly isSure: boolean;
}

/** By host name; no entry: it could not be asked. */
export type Standings = ReadonlyMap<string, Standing>;

/** What can't be done yet. */
export interface Hold {
  readonly about: 'smtpd' | 'credentials' | 'recipients';
  readonly what: string;
  readonly until: string;
}

export interface Next {
  readonly hops: Hops;
  /** True: smtpd stays as it is, for it still takes mail for a host that the inventory does not have any more. */
  readonly isPut: boolean;
  readonly holds: readonly Hold[];
}

const NOTHING: Hops = { routes: new Map(), takes: {}, sends: new Map(), users: new Set() };

/** What a host is to have next, beside what its neighbours have now. @param canChange in this run. */
export function nextHops(host: Host, fleet: Fleet, now: Standings, canChange: (host: string) => boolean): Next {
  const wanted = wantedHops(host, fleet);
  const own = now.get(host.name)?.hops ?? NOTHING;
  const known = (name: string): Hops | null => (now.get(name)?.isSure ? (now.get(name)?.hops ?? null) : null);
  const holds: Hold[] = [];
  const hold = (about: Hold['about'], what: string, until: string): void => {
    holds.push({ about, what, until });
  };
  const at = { host, fleet, wanted, own, known, canChange, hold };
  const until = waitsFor(at);
  if (until !== null) return { hops: own, isPut: true, holds: [{ about: 'smtpd', what: 'smtpd.conf', until }] };
  const sends = nextSends(at);
  return {
    isPut: false,
    hops: { routes: nextRoutes(at), takes: nextTakes(at), sends, users: nextUsers(at, sends) },
    holds,
  };
}

interface At {
  readonly host: Host;
  readonly fleet: Fleet;
  readonly wanted: Hops;
  readonly own: Hops;
  readonly known: (name: string) => Hops | null;
  readonly canChange: (name: string) => boolean;
  readonly hold: (about: Hold['about'], what: string, until: string) => void;
}

/**
 * The host that has to change before this one can do without a host that the inventory does not have any more: who may
 * still send mail for it, or is to take it. No rule of smtpd.conf(5) can say "later".
 */
function waitsFor(at: At): string | null {
  for (const [address, to] of at.own.routes) {
    if (isThere(at, to)) continue;
    const sender = sendersOf(at).find(one => maySend(at, one, address));
    const wanted = at.wanted.routes.get(address);
    if (sender && wanted === undefined) return sender.name;
    if (sender && wanted !== undefined && loginOf(wanted) === null && !isTaken(at, address, wanted)) return wanted;
  }
  return null;
}

/** Whether a neighbour takes mail to an address, or refuses connections, so that mail waits. */
function isTaken(at: At, address: string, to: string): boolean {
  const receiver = receiversOf(at.host, at.fleet).find(one => one.host.name === to);
  if (!receiver) return false;
  const there = at.known(to);
  // One that was never sent anything does not know this host: without its certificate mail waits.
  if (there === null) return at.own.routes.get(address) === to || !at.own.sends.has(to);
  return there.takes[receiver.side] === undefined || there.routes.has(address);
}

function nextRoutes(at: At): ReadonlyMap<string, string> {
  const routes = new Map<string, string>();
  for (const [address, to] of at.wanted.routes) {
    const before = at.own.routes.get(address);
    if (loginOf(to) !== null || before === to || isTaken(at, address, to)) routes.set(address, to);
    else {
      at.hold('smtpd', `recipient ${address}`, to);
      if (before !== undefined && isThere(at, before)) routes.set(address, before);
    }
  }
  for (const [address, to] of at.own.routes) {
    if (at.wanted.routes.has(address) || !isThere(at, to)) continue;
    const sender = sendersOf(at).find(one => maySend(at, one, address));
    if (!sender) continue;
    routes.set(address, to);
    at.hold('smtpd', `${address} is no recipient any more`, sender.name);
  }
  return routes;
}

const isThere = (at: At, route: string): boolean =>
  loginOf(route) !== null || receiversOf(at.host, at.fleet).some(to => to.host.name === route);

const sendersOf = (at: At): readonly Host[] =>
  sidesOf(at.host, at.fleet).flatMap(side => sendersTo(at.host, side, at.fleet));

function maySend(at: At, sender: Host, address: string): boolean {
  const there = at.known(sender.name);
  return there === null || there.routes.get(address) === at.host.name;
}

function nextTakes(at: At): Hops['takes'] {
  const takes: Partial<Record<Side, Takes>> = {};
  for (const side of sidesOf(at.host, at.fleet)) {
    const wanted = at.wanted.takes[side] ?? 'tls';
    const before = at.own.takes[side];
    const may = (mode: Sends): Host | undefined =>
      sendersTo(at.host, side, at.fleet).find(sender => {
        const there = at.known(sender.name);
        if (there !== null) return (there.sends.get(at.host.name) ?? modeToOthers(at, sender, there)) === mode;
        return before === mode || before === 'either';
      });
    const other = may(wanted === 'tls' ? 'plain' : 'tls');
    // Without TLS before and after it has no certificate to offer it with; who insists on it waits.
    const isNew = before === undefined && wanted === 'plain';
    takes[side] = other && !isNew ? 'either' : wanted;
    if (other && !isNew) at.hold('smtpd', `mail.tls on the ${side === 'lan' ? 'LAN' : 'tunnel'}`, other.name);
  }
  return takes;
}

/** A gateway speaks to all relays alike: one that is new is spoken to as the others are. */
const modeToOthers = ({ host, fleet }: At, sender: Host, { sends }: Hops): Sends | undefined =>
  host.role !== 'relay' || sender.role !== 'gateway'
    ? undefined
    : relaysOf(fleet)
        .map(relay => sends.get(relay.name))
        .find(mode => mode !== undefined);

function nextSends(at: At): ReadonlyMap<string, Sends> {
  const modes = receiversOf(at.host, at.fleet).map(({ host: { name }, side }): readonly [string, Sends] => {
    const wanted = at.wanted.sends.get(name) ?? 'tls';
    const before = at.own.sends.get(name);
    const there = at.known(name);
    const takes = there?.takes[side];
    if (there === null ? before === undefined : takes === undefined || takes === 'either' || takes === wanted)
      return [name, wanted];
    const mode = before ?? (takes === 'plain' ? 'plain' : 'tls');
    if (mode !== wanted) at.hold('smtpd', `mail.tls towards ${name}`, name);
    return [name, mode];
  });
  if (at.host.role !== 'gateway') return new Map(modes);
  // One action takes mail to all relays, so all are spoken to alike; TLS where nothing was sent yet, for then mail waits.
  const isRelay = (name: string): boolean => relaysOf(at.fleet).some(relay => relay.name === name);
  const outward = modes.filter(([name]) => isRelay(name)).map(([, mode]) => mode);
  const before = relaysOf(at.fleet).flatMap(({ name }) => at.own.sends.get(name) ?? [])[0];
  const alike = outward.every(mode => mode === outward[0]) ? outward[0] : before;
  return new Map(modes.map(([name, mode]) => [name, isRelay(name) ? (alike ?? 'tls') : mode]));
}

function nextUsers(at: At, sends: ReadonlyMap<string, Sends>): ReadonlySet<string> {
  const { host, fleet } = at;
  if (host.role === 'gateway') {
    const wanted = credentialUser(host, fleet);
    const [before] = at.own.users;
    const relays = receiversOf(host, fleet).filter(to => to.host.role === 'relay');
    if (relays.every(to => sends.get(to.host.name) === 'plain')) return new Set();
    const unready = relays.find(to => {
      const there = at.known(to.host.name);
      if (there === null) return before !== undefined && before !== wanted;
      return there.takes.tunnel !== undefined && there.takes.tunnel !== 'plain' && !there.users.has(wanted);
    });
    if (!unready || before === undefined || before === wanted) return new Set([wanted]);
    at.hold('smtpd', `authenticating as ${wanted}`, unready.host.name);
    return new Set([before]);
  }
  if (host.role !== 'relay') return new Set();
  const users = new Set<string>();
  for (const { host: gateway } of receiversOf(host, fleet)) {
    if (gateway.role !== 'gateway') continue;
    const there = at.known(gateway.name);
    const user = credentialUser(gateway, fleet);
    const used = there === null ? at.own.users : there.users;
    if (fleet.mail.tls) {
      if (at.own.users.has(user) || at.canChange(gateway.name) || used.has(user) || used.size === 0) users.add(user);
      else at.hold('credentials', `user ${user}`, gateway.name);
    }
    for (const old of used) {
      if (!at.own.users.has(old)) continue;
      users.add(old);
      if (old !== user && there !== null) at.hold('credentials', `user ${old} is no longer wanted`, gateway.name);
    }
  }
  return users;
}

/**
 * The steps by which neighbours reach the state of the inventory: whatever a host may send, the next one accepts, whichever of
 * them have changed already. Receivers accept more before their senders use it, and less after the last sender has stopped.
 * Pure; a test draws fleets, edits and hosts that are away.
 */
import type { Fleet, Host } from '../hosts/fleet.ts';
import { nextSends, nextTakes, nextUsers } from './agreement-modes.ts';
import { nextBinds, nextFrom, nextRefuses, nextSenders } from './agreement-sources.ts';
import { isFirst, mayTake } from './first-mail.ts';
import { formerStation, mayBeSentUnseen, maySendOn, sendsWhatIsRefused } from './former-neighbours.ts';
import { isOfOtherRole, notExpectedBy, rolesIn } from './former-roles.ts';
import { type Hops, isRest, loginOf, receiversOf, routeFor, sendersTo, sidesOf, wantedHops } from './hops.ts';
import { rootsSender } from './root-alias.ts';
import { type At, changed, type Hold, queuesIn, type Standings } from './standing.ts';
import { waitsOn } from './waiting-for.ts';

/** The next step of a host. */
export interface Next {
  readonly hops: Hops;
  /** True: smtpd is not changed, because it still accepts mail for a host that is no longer in the inventory. */
  readonly isPut: boolean;
  /** The host that it waits for then. */
  readonly waitsFor?: string;
  readonly holds: readonly Hold[];
}

const NOTHING: Hops = {
  role: null,
  routes: new Map(),
  takes: {},
  sends: new Map(),
  users: new Set(),
  from: new Set(),
  senders: new Set(),
  refuses: new Set(),
  binds: new Map(),
};

/** The next step of a host, given the current state of its neighbours. @param canChange in this run. */
export function nextHops(host: Host, fleet: Fleet, now: Standings, canChange: (host: string) => boolean): Next {
  const wanted = wantedHops(host, fleet);
  const before = now.get(host.name)?.hops ?? NOTHING;
  // Its neighbours know it as something else; only in the LAN it goes on listening where it did.
  const inLan = ![before.role, host.role].includes('relay');
  const own = isOfOtherRole(before, host) ? { ...NOTHING, routes: inLan ? before.routes : NOTHING.routes } : before;
  const roles = rolesIn(fleet, now, host);
  const holds: Hold[] = [];
  const hold = (about: Hold['about'], what: string, until: string): void => {
    holds.push({ about, what, until });
  };
  const awaitedBy = (other: Host): string | null =>
    waitsFor({ ...at, host: other, wanted: wantedHops(other, fleet), own: roles.known(other.name) ?? NOTHING });
  const at: At = { host, fleet, wanted, own, before, ...roles, ...queuesIn(now), canChange, awaitedBy, hold };
  const sends = nextSends(at);
  const until = waitsFor(at) ?? notExpectedBy(at, sends);
  if (until !== null)
    return {
      hops: before,
      isPut: true,
      waitsFor: until,
      holds: [{ about: 'smtpd', what: 'smtpd.conf', until: changed(until) }],
    };
  const takes = nextTakes(at);
  const [users, from, binds] = [nextUsers(at, sends), nextFrom(at, takes), nextBinds(at)];
  const [senders, routes] = [nextSenders(at), nextRoutes(at)];
  const refuses = nextRefuses(at, routes);
  return {
    isPut: false,
    hops: { role: host.role, routes, takes, sends, users, from, senders, refuses, binds },
    holds,
  };
}

/**
 * The host that has to change before this one can drop a host that is no longer in the inventory: it may still send mail for
 * that, or has to accept such mail. No rule of smtpd.conf(5) can refuse mail temporarily.
 */
function waitsFor(at: At): string | null {
  // What it still has to send leaves by this gateway, and in its new role it does not need it to.
  const station = at.still('workstation');
  if (at.host.role === 'gateway' && at.own.takes.lan !== undefined && station) return station.name;
  const sender = formerStation(at) ?? sendsWhatIsRefused(at);
  if (sender) return sender.name;
  // Relays hand it mail as soon as it listens.
  const isNew = at.host.role === 'gateway' && at.own.takes.tunnel === undefined;
  for (const [address, to] of isNew ? at.wanted.routes : [])
    if (loginOf(to) === null && !isTaken(at, address, to) && mayBeHanded(at, address)) return to;
  for (const [address, to] of at.own.routes) {
    if (onTo(at, address, to) !== null) continue;
    const sender = sendersOf(at).find(one => maySend(at, one, address));
    const wanted = at.wanted.routes.get(address);
    if (sender && wanted === undefined) return sender.name;
    if (wanted === undefined) continue;
    // A relay gets mail from the world as well. A gateway to which it sends nothing yet may be the former one with another name,
    // unless that one has its name and another role.
    const isOther = at.fleet.hosts.some(({ name }) => name === to) || [...at.own.routes.values()].includes(wanted);
    const isSent = sender !== undefined || (at.host.role === 'relay' && isOther);
    if (isSent && loginOf(wanted) === null && !isTaken(at, address, wanted)) return wanted;
  }
  return null;
}

/**
 * Whether a new gateway may get mail to an address as soon as it listens. While it is known as a workstation, relays accept
 * nothing more for it.
 */
const mayBeHanded = (at: At, address: string): boolean =>
  at.otherRole(at.host.name) === null ||
  mayBeSentUnseen(at) ||
  sendersTo(at.host, 'tunnel', at.fleet).some(relay => maySend(at, relay, address));

/** Whether a neighbour accepts mail to an address, or refuses connections, so that mail waits. */
function isTaken(at: At, address: string, to: string): boolean {
  const receiver = receiversOf(at.host, at.fleet).find(one => one.host.name === to);
  if (!receiver) return false;
  const there = at.known(to);
  // A relay does not listen in the LAN.
  if (receiver.side === 'lan' && at.otherRole(to) === 'relay') return true;
  if (receiver.side === 'lan' && isRefusedThere(there, at.own.binds.get(to) ?? at.wanted.binds.get(to))) return false;
  if (there === null)
    return routeFor(address, at.own.routes) === to || (isFirst(at, to) && mayTake(at, address, receiver));
  return there.takes[receiver.side] === undefined || routeFor(address, there.routes) !== undefined;
}

/** Whether a host in the LAN accepts mail by address, and not from this one. */
const isRefusedThere = (there: Hops | null, bound: string | null | undefined): boolean =>
  there !== null && there.takes.lan !== undefined && there.from !== 'anywhere' && !!bound && !there.from.has(bound);

function nextRoutes(at: At): ReadonlyMap<string, string> {
  const routes = new Map<string, string>();
  for (const [address, to] of at.wanted.routes) {
    const before = routeFor(address, at.own.routes);
    if (loginOf(to) !== null || before === to || isTaken(at, address, to)) routes.set(address, to);
    else {
      at.hold('smtpd', `recipient ${address}`, changed(to));
      const on = before === undefined ? null : onTo(at, address, before);
      if (on !== null) routes.set(address, on);
    }
  }
  for (const [address, to] of at.own.routes) {
    const on = onTo(at, address, to);
    if (at.wanted.routes.has(address) || on === null) continue;
    const sender = sendersOf(at).find(one => maySend(at, one, address)) ?? rootsSender(at, address, on, routes);
    if (!sender) continue;
    routes.set(address, on);
    const gone = isRest(address)
      ? `all other mail of ${address.slice(1)} is refused`
      : `${address} is no longer a recipient`;
    if (waitsOn(at, sender, address)) at.hold('smtpd', gone, `no mail to it waits on ${sender.name}`);
    else at.hold('smtpd', gone, changed(sender.name));
  }
  return routes;
}

/** Whether mail that comes in may go there: never from a gateway to a relay, nor on from a workstation. */
const isThere = ({ host, fleet }: At, route: string): boolean =>
  loginOf(route) !== null ||
  receiversOf(host, fleet).some(
    to => to.host.name === route && host.role !== 'workstation' && to.host.role !== 'relay',
  );

/**
 * The host that mail goes on to. Of a name that no host has any more it is one that is known to accept that mail, and does
 * so until the name is replaced, see `mayBe`: what waits for the name would never leave. Null: it cannot go on.
 */
function onTo(at: At, address: string, route: string): string | null {
  if (isThere(at, route)) return route;
  const { host, fleet, known } = at;
  if (loginOf(route) !== null || host.role === 'workstation' || fleet.hosts.some(one => one.name === route))
    return null;
  const accepts = (name: string): boolean => routeFor(address, known(name)?.routes ?? new Map()) !== undefined;
  return receiversOf(host, fleet).find(to => to.host.role !== 'relay' && accepts(to.host.name))?.host.name ?? null;
}

const sendersOf = (at: At): readonly Host[] => sidesOf(at.host, at.fleet).flatMap(side => maySendOn(at, side));

function maySend(at: At, sender: Host, address: string): boolean {
  // In its new role it sends nothing before it knows what is accepted; the tunnel of a former relay does not lead here any more.
  if (at.otherRole(sender.name) !== null) {
    const was = at.asIs(sender.name);
    const isSent = was?.role === 'gateway' && routeFor(address, was.routes) === at.host.name;
    return isSent || waitsOn(at, sender, address);
  }
  const there = at.known(sender.name);
  const to = there && routeFor(address, there.routes);
  return there === null || to === at.host.name || (to != null && mayBe(at, sender, to)) || waitsOn(at, sender, address);
}

/** Whether a route of a neighbour leads to a name that no host has any more: it may be that of the next host inwards. */
const mayBe = ({ host, fleet }: At, sender: Host, to: string): boolean =>
  loginOf(to) === null &&
  !fleet.hosts.some(one => one.name === to) &&
  host.role === (sender.role === 'relay' ? 'gateway' : 'workstation');

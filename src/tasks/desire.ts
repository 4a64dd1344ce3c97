/** The desired state of a host, given the current state of the others: the inventory as far as it can be applied. Pure. */

import { ADDRESSES } from '../facts/interfaces.ts';
import { type Fleet, type Host, relaysOf } from '../hosts/fleet.ts';
import type { Desire, Held, ObservedHosts } from '../run/desired.ts';
import { few } from '../run/few.ts';
import { assign, type Task } from '../run/task.ts';
import { type Next, nextHops } from './agreement.ts';
import { RECIPIENTS } from './aliases.ts';
import { SECRETS } from './credentials.ts';
import { emptiedBeside } from './emptied.ts';
import { isOfOtherRole } from './former-roles.ts';
import { type Hops, speaksTls, type View } from './hops.ts';
import { elsewhereOn } from './hosts-file.ts';
import { CONF, standingOf } from './in-force.ts';
import { largestOf } from './largest-message.ts';
import { lastMoves, textOf, waitingForEachOther } from './last-moves.ts';
import { namesMissing } from './names-in-use.ts';
import { presentedIn } from './presented.ts';
import { unsharedOf } from './preshared-key.ts';
import { rootMailOf } from './root-alias.ts';
import { smtpdConf } from './smtpd-conf.ts';
import type { Standings } from './standing.ts';
import { type TunnelView, tunnelView } from './tunnel-view.ts';

/** Files that neighbours agree on, by what holds them back. */
const FILES = {
  smtpd: { task: 'smtpd', resource: CONF },
  recipients: { task: 'aliases', resource: RECIPIENTS },
  credentials: { task: 'credentials', resource: SECRETS },
} as const;

/** Tasks that depend on an end of the tunnel. */
const OF_TUNNEL = ['wireguard', 'hosts-file', 'packet-filter', 'smtpd', 'tunnel-watch'];

/**
 * The next desired state of each host of a fleet.
 * @param isChosen the tasks of the run; if one of those that hosts agree on is left out, what they agree on is not changed.
 */
export function agreements(
  fleet: Fleet,
  tasks: readonly Task<Host, View>[],
  isChosen: (task: string) => boolean = () => true,
): (host: Host, isOurs: boolean) => Desire {
  const busy = new Set<string>();
  const isWhole = OF_TUNNEL.every(isChosen);
  const { canChangeIn, knownOfRelays, viewed, standing, settled, circles } = statesOf(fleet, isChosen, isWhole);
  return (original, isOurs) => (observedHosts, ahead) => {
    const view = viewed(observedHosts);
    const host = view.fleet.hosts.find(one => one.name === original.name) ?? original;
    const now = ahead ? settled(observedHosts) : standing(observedHosts);
    const next = nextHops(host, view.fleet, now, canChangeIn(observedHosts));
    const named = isChosen('hosts-file') ? next : untilNamed(next, host, view.fleet, observedHosts);
    const { hops, isPut } = named;
    const around = { observedHosts, now, canChange: canChangeIn(observedHosts), isAhead: ahead, holds: named.holds };
    const { largest, holds } = largestOf(host, view.fleet, around);
    const own = now.get(host.name);
    const stillTls = [hops, ...[...now.values()].map(one => one.hops)].some(speaksTls);
    const emptied = emptiedBeside(host, view.fleet, observedHosts, busy);
    // A run that leaves smtpd.conf as it is must not take a name from it without leave.
    const present = isWhole ? addressesIn(observedHosts) : new Set<string>();
    const isRestarted = ahead && isChosen('smtpd');
    const holders = holdersIn(observedHosts);
    const circle = next.waitsFor === undefined ? undefined : circles(observedHosts).get(host.name);
    const unshared = unsharedOf(host, view.fleet, observedHosts);
    const rootMail = rootMailOf(host, view.fleet, isChosen('smtpd') ? hops : (own?.hops ?? hops), now);
    const known = { rootMail, agreed: hops, isPut, circle, stillTls, emptied, present, holders, unshared, isRestarted };
    const sure = { ...(own?.isSure ? { inForce: own.hops } : {}), ...knownOfRelays(observedHosts) };
    const all = assign(tasks, host, { ...view.fleet, ...known, ...sure, largest });
    const isKept = (task: string): boolean => isPut && keptWith(hops, host).includes(task);
    return {
      assigned: isOurs ? all.filter(one => isChosen(one.task) && !isKept(one.task)) : [],
      publishes: all.filter(({ resource }) => resource.publish !== undefined || resource.recall !== undefined),
      held: isOurs ? [...heldBy(holds), ...heldInTunnel(host, view, isWhole)].filter(one => isChosen(one.task)) : [],
      move: textOf(hops) + [...(own?.hops.users ?? [])].sort().join() + (largest ?? ''),
    };
  };
}

/** What a run knows of the hosts, once for each of its observations. @param isWhole whether it may change a tunnel's ends. */
function statesOf(fleet: Fleet, isChosen: (task: string) => boolean, isWhole: boolean) {
  const agrees = Object.values(FILES).every(({ task }) => isChosen(task));
  const canChangeIn = (observedHosts: ObservedHosts) => changeable(observedHosts, agrees);
  const knownOfRelays = remembered((observedHosts: ObservedHosts) => {
    const [hasPasswords, presents] = [isChosen('credentials'), isChosen('smtpd') && isChosen('trust')].map(isPossible =>
      changeable(observedHosts, isPossible),
    );
    return {
      relayAway: relaysOf(fleet).find(({ name }) => !hasPasswords?.(name))?.name,
      presented: presentedIn(fleet, observedHosts, name => presents?.(name) ?? false),
    };
  });
  const viewed = remembered((observedHosts: ObservedHosts) =>
    tunnelView(fleet, observedHosts, changeable(observedHosts, isWhole)),
  );
  const standing = remembered((observedHosts: ObservedHosts) => standings(viewed(observedHosts).fleet, observedHosts));
  const all = (observedHosts: ObservedHosts) =>
    [viewed(observedHosts).fleet, standing(observedHosts), canChangeIn(observedHosts)] as const;
  const settled = remembered((observedHosts: ObservedHosts) => lastMoves(...all(observedHosts)));
  const circles = remembered((observedHosts: ObservedHosts) => waitingForEachOther(...all(observedHosts)));
  return { canChangeIn, knownOfRelays, viewed, standing, settled, circles };
}

const changeable =
  (observedHosts: ObservedHosts, isPossible: boolean) =>
  (name: string): boolean =>
    isPossible && (observedHosts.get(name)?.canChange ?? false);

/** A run without hosts-file lets smtpd.conf(5) relay to no name that only DNS has, if anybody, or that leads elsewhere as well. */
function untilNamed(next: Next, host: Host, fleet: Fleet, observedHosts: ObservedHosts): Next {
  const observed = observedHosts.get(host.name)?.observed;
  if (!observed || next.isPut) return next;
  const elsewhere = fleet.mail.tls ? [] : elsewhereOn(host, fleet, observed).map(one => one.name.toLowerCase());
  const names = namesMissing(smtpdConf(host, { ...fleet, agreed: next.hops }), observed, elsewhere);
  if (names.length === 0) return next;
  const hold = {
    about: 'smtpd',
    what: `relaying to ${few(names)}`,
    until: 'it is changed together with hosts-file',
  } as const;
  return { hops: standingOf(host, fleet, observed, holdersIn(observedHosts)).hops, isPut: true, holds: [hold] };
}

/** The tasks that change nothing on a host whose smtpd.conf has to wait; smtpd(8) itself may have to start again. */
function keptWith(hops: Hops, host: Host): readonly string[] {
  // A gateway's passwords are only added to, and a relay may be waiting for one.
  const agreed = Object.values(FILES).filter(one => host.role !== 'gateway' || one !== FILES.credentials);
  // The former smtpd.conf still needs its names and, in a former role, its end of the tunnel.
  const kept = [...agreed.map(one => one.task), ...(isOfOtherRole(hops, host) ? OF_TUNNEL : ['hosts-file'])];
  return kept.filter(task => task !== FILES.smtpd.task);
}

/** @param isWhole whether the run includes all tasks that depend on an end of the tunnel. */
const heldInTunnel = (host: Host, { fleet, holds }: TunnelView, isWhole: boolean): readonly Held[] =>
  holds
    .filter(({ about }) => about.includes(host.name))
    .map(({ what, until }) =>
      isWhole
        ? {
            task: 'wireguard',
            resource: `interface ${fleet.tunnel.interface}`,
            what,
            until: `${until.join(', ')} can be changed as well`,
          }
        : { ...FILES.smtpd, what, until: `it is changed together with ${OF_TUNNEL.join(', ')}` },
    );

/** The hosts of a fleet are judged one by one, by the same answers. */
function remembered<T extends object, R>(find: (of: T) => R): (of: T) => R {
  let last: { readonly of: T; readonly result: R } | null = null;
  return of => {
    if (last?.of !== of) last = { of, result: find(of) };
    return last.result;
  };
}

const standings = (fleet: Fleet, observedHosts: ObservedHosts): Standings =>
  new Map(
    fleet.hosts.flatMap(host => {
      const observed = observedHosts.get(host.name)?.observed;
      return observed ? [[host.name, standingOf(host, fleet, observed, holdersIn(observedHosts))] as const] : [];
    }),
  );

/** By host name the addresses on its interfaces, of the hosts that could be asked. */
const holdersIn = remembered(
  (observedHosts: ObservedHosts): ReadonlyMap<string, ReadonlySet<string>> =>
    new Map(
      [...observedHosts].flatMap(([name, { observed }]) =>
        observed ? [[name, new Set(observed.get(ADDRESSES).map(one => one.address))] as const] : [],
      ),
    ),
);

const addressesIn = remembered(
  (observedHosts: ObservedHosts): ReadonlySet<string> =>
    new Set([...holdersIn(observedHosts).values()].flatMap(addresses => [...addresses])),
);

const heldBy = (holds: Next['holds']): readonly Held[] => [
  ...new Map(
    holds.map(({ about, what, until }) => [`${about} ${what} ${until}`, { ...FILES[about], what, until }] as const),
  ).values(),
];

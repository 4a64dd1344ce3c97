/**
 * The largest message that a relay may accept while a host behind it, whose smtpd.conf(5) is not mailtun's or is an older one,
 * takes less: that host would refuse it, and it would be lost. Pure.
 */
import type { Fleet, Host } from '../hosts/fleet.ts';
import type { ObservedHosts } from '../run/desired.ts';
import { textOf } from '../run/resource.ts';
import { CONF } from './in-force.ts';
import { LARGEST_OF_RELAY, type Limited, ROOM } from './message-limits.ts';
import { changed, type Hold, type Standing, type Standings } from './standing.ts';

/** DEFAULT_MAX_BODY_SIZE of smtpd.h, in K. */
const DEFAULT = 35 * 1024;

/** What is known of the hosts. */
interface Known {
  readonly observedHosts: ObservedHosts;
  readonly now: Standings;
  readonly canChange: (name: string) => boolean;
  /** What hosts that can be changed accept after the run counts, not what they do now. */
  readonly isAhead: boolean;
  /** What is held back besides. */
  readonly holds: readonly Hold[];
}

/** The next limit of a relay, if it is not the inventory's, and what is held back. */
export function largestOf(host: Host, { hosts }: Fleet, known: Known): Limited & { readonly holds: readonly Hold[] } {
  const { now, canChange, isAhead, holds } = known;
  const own = limitIn(host.name, known) ?? DEFAULT - ROOM;
  const narrow = hosts
    .filter(({ role, name }) => host.role === 'relay' && role !== 'relay' && !(isAhead && canChange(name)))
    .filter(({ name }) => takesMail(now.get(name)) ?? takesMail(now.get(host.name)))
    .map(({ name }) => ({ name, largest: (limitIn(name, known) ?? own + ROOM) - ROOM }))
    .filter(one => one.largest < LARGEST_OF_RELAY);
  if (narrow.length === 0) return { holds };
  const largest = Math.min(...narrow.map(one => one.largest));
  const what = `a message of more than ${largest}K`;
  const waiting = narrow.filter(({ name }) => !canChange(name));
  return {
    largest,
    holds: [...holds, ...waiting.map(({ name }) => ({ about: 'smtpd', what, until: changed(name) }) as const)],
  };
}

/** Undefined: it could not be asked, and does so if the relay is not a new one. */
const takesMail = (standing: Standing | undefined): boolean | undefined =>
  standing && (standing.hops.takes.tunnel !== undefined || standing.hops.takes.lan !== undefined);

const UNITS = ['', 'K', 'M', 'G', 'T'];

/** In K; null: it could not be asked. */
function limitIn(name: string, { observedHosts }: Known): number | null {
  const observed = observedHosts.get(name)?.observed;
  if (!observed) return null;
  const [, amount, unit = ''] = /^\s*smtp\s+max-message-size\s+"?(\d+)([KMGT])?/im.exec(textOf(observed, CONF)) ?? [];
  return amount === undefined
    ? DEFAULT
    : Math.floor((Number(amount) * 1024 ** UNITS.indexOf(unit.toUpperCase())) / 1024);
}

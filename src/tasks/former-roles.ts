/**
 * A host that has got another role in the inventory. Its neighbours know it in the former one until they are changed: without
 * TLS some of its mail would be refused, and some of theirs. Pure.
 */
import type { SmtpdConf } from '../facts/smtpd-conf.ts';
import { type Fleet, type Host, relaysOf } from '../hosts/fleet.ts';
import { RELAY_OUT } from './conf-parts.ts';
import { sendersWith } from './former-neighbours.ts';
import { type Hops, receiversOf, routeFor, type Sends, wantedHops } from './hops.ts';
import { refusesRoot } from './root-alias.ts';
import type { At, Standings } from './standing.ts';

/** The role of a host by an smtpd.conf(5) that mailtun wrote: only relays have that rule, only workstations that listener. */
export function roleIn({ listeners, matches }: SmtpdConf): Host['role'] {
  if (matches.some(({ action }) => action === RELAY_OUT)) return 'relay';
  return listeners.some(({ on }) => on === 'socket') ? 'workstation' : 'gateway';
}

/** Whether a host has files of mailtun's for another role than the inventory's. */
export const isOfOtherRole = ({ role }: Hops, host: Host): boolean => role !== null && role !== host.role;

/** What is known of the others. @param host who asks. */
export function rolesIn(
  fleet: Fleet,
  now: Standings,
  host: Host,
): Pick<At, 'known' | 'asIs' | 'otherRole' | 'still' | 'former'> {
  const sure = (name: string): Hops | null => (now.get(name)?.isSure ? (now.get(name)?.hops ?? null) : null);
  const otherRole = (name: string): Host['role'] | null => {
    const [there, one] = [sure(name), fleet.hosts.find(other => other.name === name)];
    return there !== null && one !== undefined && isOfOtherRole(there, one) ? there.role : null;
  };
  return {
    otherRole,
    asIs: sure,
    known: name => (otherRole(name) === null ? sure(name) : null),
    still: role => fleet.hosts.find(one => one.role !== role && now.get(one.name)?.hops.role === role),
    former: role =>
      fleet.hosts.find(one => one.role !== role && one.name !== host.name && (sure(one.name)?.role ?? role) === role),
  };
}

/**
 * The gateway that would refuse what a host sends it for the first time: without TLS it accepts mail from workstations whose
 * address it knows, and of one that comes from another gateway it must accept the senders. What it accepts of a new relay's
 * recipients the others know, if one of them could be asked.
 * @param sends what the host is to send next.
 */
export function notExpectedBy(at: At, sends: Hops['sends']): string | null {
  if (at.host.role === 'gateway') return needsPasswordFor(at, sends);
  if (at.host.role === 'relay') {
    const others = relaysOf(at.fleet).filter(({ name }) => name !== at.host.name);
    const isNew = at.own.sends.size === 0 && others.some(({ name }) => at.known(name) === null);
    const away = isNew ? receiversOf(at.host, at.fleet).find(({ host }) => at.known(host.name) === null) : undefined;
    return away?.host.name ?? null;
  }
  const coming = sendersWith(at, at.host, at.own, false);
  const isRefused = ({ host: { name } }: { readonly host: Host }): boolean => {
    if (at.own.sends.has(name)) return false;
    const there = at.known(name);
    const isUnknown = coming.some(one => there === null || (there.takes.lan !== undefined && !there.senders.has(one)));
    if (refusesRoot(at, there) || refusesQueued(at, there, name)) return true;
    return isUnknown || refuses(there, sends.get(name), at.wanted.binds.get(name) ?? null);
  };
  return receiversOf(at.host, at.fleet).find(isRefused)?.host.name ?? null;
}

/** Whether its gateway will accept, and does not yet, what waits on a workstation for those behind it as a gateway. */
function refusesQueued({ host, fleet, before, queued }: At, there: Hops | null, gateway: string): boolean {
  const to = fleet.hosts.find(({ name }) => name === gateway);
  if (before.role !== 'gateway' || !to || there?.takes.lan === undefined) return false;
  const { routes } = wantedHops(to, fleet);
  // What is delivered here the gateway accepts only afterwards.
  const isElsewhere = (one: string): boolean => ![undefined, host.name].includes(routes.get(one));
  return [...queued(host.name)].some(one => isElsewhere(one) && routeFor(one, there.routes) === undefined);
}

/**
 * The relay that still requires TLS, or may, and with it a password, of a gateway that is to do without: without one of before it waits,
 * since nobody makes one any more.
 */
function needsPasswordFor({ fleet, own, known }: At, sends: Hops['sends']): string | null {
  if (fleet.mail.tls || own.users.size > 0) return null;
  const requires = ({ name }: Host): boolean => {
    const there = known(name);
    return sends.get(name) === 'tls' && (there === null || there.takes.tunnel === 'tls');
  };
  return relaysOf(fleet).find(requires)?.name ?? null;
}

/**
 * Whether a host in the LAN would refuse mail that is sent to it in this mode, and from that address.
 * @param there null: it could not be asked.
 */
function refuses(there: Hops | null, mode: Sends | undefined, bound: string | null): boolean {
  if (there === null) return mode === 'plain';
  const { takes, from } = there;
  if (takes.lan === undefined) return false;
  if (from === 'anywhere') return takes.lan === 'tls' && mode === 'plain';
  const arrives = mode === 'plain' || takes.lan !== 'plain';
  return arrives && bound !== null && !from.has(bound);
}

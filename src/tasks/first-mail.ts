/** Where a host may send mail to one that it has not sent any yet, and whose state is not known. Pure. */
import type { Host } from '../hosts/fleet.ts';
import { routeFor, type Side } from './hops.ts';
import type { At } from './standing.ts';

/**
 * Whether a host has nowhere else to send mail yet, and has not sent any to that one: what it accepts will wait. From one that
 * has, mail goes where it went: the other one may be set up already, and require TLS or not know the recipient.
 */
export const isFirst = ({ own }: At, to: string): boolean => own.routes.size === 0 && !own.sends.has(to);

/**
 * Whether a host that was never sent anything will accept mail to an address from this one: what it accepts from others of
 * the same role, or anything if none of those is known to send to it. A workstation may be another gateway's yet, and refuses
 * this one without TLS.
 */
export function mayTake(
  { host, fleet, known, otherRole }: At,
  address: string,
  { host: to, side }: { readonly host: Host; readonly side: Side },
): boolean {
  // One that is a workstation yet accepts nothing for the others that are to be behind it.
  if (side === 'tunnel' && otherRole(to.name) !== null) return false;
  const others = fleet.hosts.filter(one => one.role === host.role && one.name !== host.name);
  const there = others.flatMap(one => known(one.name) ?? []).filter(({ sends }) => sends.has(to.name));
  if (side === 'lan' && others.some(one => known(one.name) === null)) return false;
  if (side === 'lan' && !fleet.mail.tls) return others.length === 0;
  return there.length === 0 || there.some(({ routes }) => routeFor(address, routes) === to.name);
}

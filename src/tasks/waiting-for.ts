/** Mail in a queue, and the host that it goes to, by the action that it was queued for. Pure. */
import { parseHostsFile } from '../facts/hosts-file.ts';
import { entriesOf, parseSmtpdConf, relayUrl } from '../facts/smtpd-conf.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { type Holders, hostNamed } from './former-names.ts';
import { isRest, restOf, routeFor } from './hops.ts';
import type { At } from './standing.ts';

/**
 * By recipient the inventory's name of the host that all mail to it waits for; no entry: several, or unknown.
 * @param actions by recipient, in lower case. @param text of a file of the host.
 */
export function waitingFor(
  actions: ReadonlyMap<string, ReadonlySet<string>>,
  fleet: Fleet,
  text: (path: string) => string,
  holders?: Holders,
): ReadonlyMap<string, string> {
  if (actions.size === 0) return new Map();
  const conf = parseSmtpdConf(text('/etc/mail/smtpd.conf'));
  const hostsFile = parseHostsFile(text('/etc/hosts'));
  const leads = new Map(
    conf.actions.flatMap(({ name, host }) => {
      const [only, ...others] = entriesOf(host, conf);
      const to = only && others.length === 0 ? hostNamed(relayUrl(only[0]).host, fleet, hostsFile, holders) : null;
      return to === null ? [] : [[name.toLowerCase(), to] as const];
    }),
  );
  return new Map(
    [...actions].flatMap(([recipient, names]) => {
      const [to, ...others] = new Set([...names].map(name => leads.get(name)));
      return to === undefined || others.length > 0 ? [] : [[recipient, to] as const];
    }),
  );
}

/**
 * Whether a sender's queue holds mail to an address that may still come here; for the rest of a domain, to one that has no route
 * of its own.
 */
export const waitsOn = (at: At, { name }: Host, address: string): boolean =>
  isRest(address)
    ? [...at.queued(name)].some(one => restOf(one) === address && !hasRoute(at, one))
    : at.queued(name).has(address) && !goesElsewhere(at, name, address);

const hasRoute = ({ own, wanted }: At, address: string): boolean =>
  wanted.routes.has(address) || own.routes.has(address);

/** Whether all mail that waits there goes to another host, as all that comes from now on does. */
function goesElsewhere(at: At, sender: string, address: string): boolean {
  const to = at.queuedTo(sender, address);
  return to !== undefined && to !== at.host.name && to === routeFor(address, at.known(sender)?.routes ?? new Map());
}

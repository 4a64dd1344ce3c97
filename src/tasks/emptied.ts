/** Retiring hosts that can be removed: they no longer accept mail and have none left. Pure. */
import { spoolOf } from '../facts/smtpd-queue.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import type { ObservedHosts } from '../run/desired.ts';
import { textOf } from '../run/resource.ts';
import { CONF, standingOf } from './in-force.ts';
import { isTunnelHost } from './neighbours.ts';
import { EMPTIED, RETIRING } from './retiring.ts';

/**
 * Their names, for a host to record in /etc/hosts; for one that cannot be asked, the existing record counts.
 * @param busy hosts that had mail earlier in the run, to which others are added: as long as mail passes through a host, it has
 * some and has none by turns, and a record would be out of date whenever it is checked.
 */
export function emptiedBeside(
  host: Host,
  fleet: Fleet,
  observedHosts: ObservedHosts,
  busy: Set<string>,
): ReadonlySet<string> {
  const leaving = fleet.hosts.filter(one => one.retiring && one.name !== host.name);
  if (leaving.length === 0 || !isTunnelHost(host)) return new Set();
  const own = observedHosts.get(host.name)?.observed?.file('/etc/hosts').content?.toString('utf8') ?? '';
  return new Set(
    leaving
      .filter(one => isEmpty(one, fleet, observedHosts, busy) ?? isNoted(one, own.split('\n')))
      .map(({ name }) => name),
  );
}

/** Null if it cannot be asked. */
function isEmpty(host: Host, fleet: Fleet, observedHosts: ObservedHosts, busy: Set<string>): boolean | null {
  const observed = observedHosts.get(host.name)?.observed;
  if (!observed) return null;
  const conf = textOf(observed, CONF);
  const refuses = conf.includes(`filter "${RETIRING}" `) && standingOf(host, fleet, observed).isSure;
  if (refuses && !observed.get(spoolOf([])).isEmpty) busy.add(host.name);
  return refuses && !busy.has(host.name);
}

function isNoted(host: Host, lines: readonly string[]): boolean {
  const names = [
    isTunnelHost(host) ? host.tunnel.name : [],
    host.role === 'relay' ? [] : (host.lan?.name ?? []),
  ].flat();
  return lines.some(line => line.endsWith(EMPTIED) && line.split(/\s+/).some(word => names.includes(word)));
}

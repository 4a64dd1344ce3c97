/** smtpd(8) as a process: whether it runs, and if not, what it ended with; whether it listens and is not paused. Pure. */

import { listensOn } from '../facts/netstat.ts';
import type { Fleet } from '../hosts/fleet.ts';
import { missingAddressRemedy } from '../tasks/missing-address.ts';
import { filterProblem } from './filters.ts';
import { lastWords } from './mail-log.ts';
import { type Problem, problem } from './problem.ts';
import type { Seen } from './seen.ts';
import { on, provision, provisionCommand } from './words.ts';

/** Not running, and what it died of. */
export function smtpdProblem(seen: Seen, fleet: Fleet): Problem | null {
  const { host, smtpd, addresses, log, plan } = seen;
  const filter = filterProblem(seen, fleet);
  if (filter || smtpd.running) return filter;
  const missing = smtpd.listensOn.find(wanted => !addresses.some(at => at.address === wanted));
  const tentative = smtpd.listensOn.find(wanted => addresses.some(at => at.address === wanted && at.tentative));
  const said = lastWords(log);
  const words = said === null ? 'rcctl check smtpd: smtpd(failed)' : `maillog: ${said}`;
  if (missing !== undefined) {
    const isOurs = host.role !== 'workstation' && missing === host.tunnel.address;
    const remedy = isOurs
      ? provision(fleet, host)
      : `${missingAddressRemedy(
          host.name,
          missing,
          addresses.map(at => at.address),
        )}; then ${provisionCommand(fleet, host)}`;
    return problem(
      host,
      'smtpd-address-missing',
      `${missing} is missing on ${host.name}, so smtpd exited`,
      `${words}; ifconfig shows no ${missing}`,
      remedy,
    );
  }
  if (tentative !== undefined)
    return problem(
      host,
      'smtpd-address-tentative',
      `${tentative} was tentative on ${host.name}, so smtpd exited`,
      `${words}; inet6 ${tentative} tentative`,
      on(host, 'rcctl restart smtpd'),
    );
  if (said?.includes("Can't assign requested address"))
    return problem(
      host,
      'smtpd-address-late',
      `an address was missing or still tentative when smtpd started on ${host.name}, so it exited`,
      `${words}; ifconfig has all its addresses by now`,
      on(host, 'rcctl restart smtpd'),
    );
  if (said?.includes('Address already in use'))
    return problem(
      host,
      'smtpd-port-taken',
      `another daemon has port 25 of ${host.name}, so smtpd exited`,
      words,
      on(host, `fstat -n | grep ":25$"; rcctl stop and rcctl disable what has it; rcctl start smtpd`),
    );
  const disabled = plan.changes.some(
    change => change.resource === 'service smtpd' && change.codes.includes('service-disabled'),
  );
  return problem(
    host,
    'smtpd-not-running',
    `smtpd is not running on ${host.name}`,
    disabled ? `${words}, and it is disabled` : words,
    on(host, `${disabled ? 'rcctl enable smtpd; ' : ''}smtpd -n && rcctl -d start smtpd`),
  );
}

/** smtpd has sockets, but none for this address. */
export function notListening({ host, smtpd }: Seen, address: string, fleet: Fleet): Problem | null {
  if (smtpd.listeners.length === 0 || listensOn(smtpd.listeners, address, 25)) return null;
  return problem(
    host,
    'smtpd-not-listening',
    `smtpd on ${host.name} does not listen on ${address}`,
    `netstat -ln shows no ${address}.25`,
    provision(fleet, host, 'smtpd'),
  );
}

/** Somebody has paused smtpd with smtpctl(8). */
export function paused({ host, smtpd }: Seen, part: 'MTA' | 'MDA' | 'SMTP'): Problem | null {
  if (!smtpd.status?.paused.includes(part)) return null;
  return problem(
    host,
    'smtpd-paused',
    `smtpd on ${host.name} is paused`,
    `smtpctl show status: ${part} paused`,
    on(host, `smtpctl resume ${part.toLowerCase()}`),
  );
}

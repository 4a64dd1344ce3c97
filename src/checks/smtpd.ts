/** smtpd(8) as a process: whether it runs, and if not, why it exited; whether it listens or is paused. Pure. */
import { listensOn } from '../facts/netstat.ts';
import { bindFault } from '../facts/smtp-reasons.ts';
import type { Fleet } from '../hosts/fleet.ts';
import { duplicateRemedy } from '../resources/address.ts';
import { missingAddressRemedy } from '../tasks/missing-address.ts';
import { filterProblem } from './filters.ts';
import type { HostFacts } from './host-facts.ts';
import { exitReason } from './mail-log.ts';
import { type Problem, problem } from './problem.ts';
import { on, provision, provisionCommand } from './remedies.ts';

/** Not running, and why it exited. */
export function smtpdProblem(facts: HostFacts, fleet: Fleet): Problem | null {
  const filter = filterProblem(facts, fleet);
  if (filter || facts.smtpd.running) return filter;
  const last = exitReason(facts.log);
  const said = last === null ? 'rcctl check smtpd: smtpd(failed)' : `maillog: ${last}`;
  return (
    addressMissing(facts, said, fleet) ??
    addressTentative(facts, said) ??
    bindFailed(facts, last, said) ??
    stopped(facts, said)
  );
}

function addressMissing({ host, smtpd, addresses }: HostFacts, said: string, fleet: Fleet): Problem | null {
  const missing = smtpd.listensOn.find(wanted => !addresses.some(at => at.address === wanted && !at.duplicated));
  if (missing === undefined) return null;
  if (addresses.some(at => at.address === missing))
    return problem(host, 'smtpd-address-missing', {
      what: `${missing} of ${host.name} is also the address of another machine, so smtpd exited`,
      evidence: `${said}; inet6 ${missing} duplicated`,
      remedy: duplicateRemedy(host.name, missing),
    });
  const isOurs = host.role !== 'workstation' && missing === host.tunnel.address;
  const there = addresses.map(at => at.address);
  return problem(host, 'smtpd-address-missing', {
    what: `${missing} is missing on ${host.name}, so smtpd exited`,
    evidence: `${said}; ifconfig shows no ${missing}`,
    remedy: isOurs
      ? provision(fleet, host)
      : `${missingAddressRemedy(host.name, missing, there)}; then ${provisionCommand(fleet, host)}`,
  });
}

function addressTentative({ host, smtpd, addresses }: HostFacts, said: string): Problem | null {
  const tentative = smtpd.listensOn.find(wanted => addresses.some(at => at.address === wanted && at.tentative));
  if (tentative === undefined) return null;
  return problem(host, 'smtpd-address-tentative', {
    what: `${tentative} was tentative on ${host.name}, so smtpd exited`,
    evidence: `${said}; inet6 ${tentative} tentative`,
    remedy: on(host, 'rcctl restart smtpd'),
  });
}

/** What bind(2) says when smtpd starts. */
function bindFailed({ host }: HostFacts, last: string | null, said: string): Problem | null {
  const fault = last === null ? null : bindFault(last);
  if (fault === 'no address')
    return problem(host, 'smtpd-address-late', {
      what: `an address was missing or still tentative when smtpd started on ${host.name}, so it exited`,
      evidence: `${said}; ifconfig shows all its addresses now`,
      remedy: on(host, 'rcctl restart smtpd'),
    });
  if (fault === 'taken')
    return problem(host, 'smtpd-port-taken', {
      what: `another daemon has port 25 of ${host.name}, so smtpd exited`,
      evidence: said,
      remedy: on(host, `fstat -n | grep ":25$"; rcctl stop and rcctl disable that daemon; rcctl start smtpd`),
    });
  return null;
}

function stopped({ host, plan }: HostFacts, said: string): Problem {
  const disabled = plan.changes.some(
    change => change.resource === 'service smtpd' && change.codes.includes('service-disabled'),
  );
  return problem(host, 'smtpd-not-running', {
    what: `smtpd is not running on ${host.name}`,
    evidence: disabled ? `${said}, and it is disabled` : said,
    remedy: on(host, `${disabled ? 'rcctl enable smtpd; ' : ''}smtpd -n && rcctl -d start smtpd`),
  });
}

/** smtpd listens, but not on this address. */
export function notListening({ host, smtpd }: HostFacts, address: string, fleet: Fleet): Problem | null {
  if (smtpd.listeners.length === 0 || listensOn(smtpd.listeners, address, 25)) return null;
  return problem(host, 'smtpd-not-listening', {
    what: `smtpd on ${host.name} does not listen on ${address}`,
    evidence: `netstat -ln shows no ${address}.25`,
    remedy: provision(fleet, host, 'smtpd'),
  });
}

/** Somebody has paused smtpd with smtpctl(8). */
export function paused({ host, smtpd }: HostFacts, part: 'MTA' | 'MDA' | 'SMTP'): Problem | null {
  if (!smtpd.status?.paused.includes(part)) return null;
  return problem(host, 'smtpd-paused', {
    what: `smtpd on ${host.name} is paused`,
    evidence: `smtpctl show status: ${part} paused`,
    remedy: on(host, `smtpctl resume ${part.toLowerCase()}`),
  });
}

/** Whether one smtpd can hand mail to the next, and if not, why. Pure. */

import { NAMES } from '../facts/lookup.ts';
import { type SmtpSession, smtpSession } from '../facts/smtp-session.ts';
import type { Fleet } from '../hosts/fleet.ts';
import { plural } from '../run/plural.ts';
import { refusedForwards } from './forward-files.ts';
import type { AskedHost, HostFacts } from './host-facts.ts';
import { lastingError } from './mail-log.ts';
import type { SmtpHop } from './path.ts';
import { firstProblem, notAsked, type Problem, problem, unknown, type Verdict, well } from './problem.ts';
import { stuckMail, waitingFor } from './queue.ts';
import { hasJustBooted, provision } from './remedies.ts';
import { notListening, paused, smtpdProblem } from './smtpd.ts';
import { wrongSource } from './source-address.ts';
import { type Trouble, troubleOfReason, troubleOfSession } from './trouble.ts';
import { explained, troubleProblem } from './trouble-problem.ts';

/** @param tunnelIsWell whether the tunnel under the hop carries packets; true where there is none. `now`: milliseconds. */
export function judgeSmtp(
  hop: SmtpHop,
  from: AskedHost,
  to: AskedHost,
  { fleet, tunnelIsWell, now }: { readonly fleet: Fleet; readonly tunnelIsWell: boolean; readonly now: number },
): Verdict {
  if (!from.reached || !to.reached) return notAsked(from.reached ? hop.to : hop.from);
  const session = from.said(smtpSession(hop));
  const own = firstProblem([
    () => wrongName(hop, from, fleet),
    () => smtpdProblem(to, fleet),
    () => notListening(to, hop.address, fleet),
    () => smtpdProblem(from, fleet),
    () => paused(from, 'MTA') ?? paused(to, 'SMTP'),
  ]);
  if (own) return { kind: 'broken', problem: own };
  if (hop.direction === 'in' && hop.to.retiring)
    return unknown(`${hop.to.name} is retiring: it refuses mail temporarily, and ${hop.from.name} keeps it`);
  const met = session && troubleOfSession(session, hop, now);
  const trouble = ownFault(met && explained(met, hop, to), hop, from, now);
  const passes = session !== null && !session.silent && trouble === null;
  if (!passes && !tunnelIsWell) return unknown('the tunnel under it is broken');
  const young = [from, to].find(hasJustBooted);
  if (young && trouble && PASSING.includes(trouble.kind)) return unknown(`${young.host.name} has just booted`);
  const found = firstProblem([
    () => session && wrongSource(hop, session, { from, to }, fleet),
    () => (passes ? null : (refusedForwards(to)[0] ?? null)),
    () => trouble && troubleProblem(trouble, hop, to, fleet),
    () => (passes ? null : fromLog(hop, from, to, fleet)),
    () => stuckMail(hop, from, to, fleet),
  ]);
  if (found) return { kind: 'broken', problem: found };
  if (!passes) return unknown('port 25 could not be tried');
  return well(wellText(hop, session, from));
}

/** Troubles that may be due to a recent boot. */
const PASSING: readonly Trouble['kind'][] = ['refused', 'no answer', 'no tunnel', 'no tls', 'no reply'];

/** A receiver that does not trust a certificate does not say that it has expired; the sender's own copy does. */
function ownFault(trouble: Trouble | null, { shows }: SmtpHop, from: HostFacts, now: number): Trouble | null {
  const facts = from.certificates.find(one => one.name === shows)?.facts;
  if (!trouble || !facts || !trouble.kind.startsWith('client') || facts.until > now) return trouble;
  return { kind: 'client expired', evidence: `it expired ${new Date(facts.until).toISOString()}; ${trouble.evidence}` };
}

function wrongName({ name, address }: SmtpHop, from: HostFacts, fleet: Fleet): Problem | null {
  // Undefined where the host was not asked.
  const known = from.said(NAMES)?.get(name);
  if (known === undefined || known.includes(address)) return null;
  const { host, lookupOrder } = from;
  const remedy = provision(fleet, host, 'hosts-file');
  if (known.length === 0)
    return problem(host, 'name-unresolved', {
      what: `${name} does not resolve on ${host.name}`,
      evidence: `getent hosts ${name}: no answer`,
      remedy,
    });
  const evidence = `getent hosts ${name}: ${known.join(' ')}; its address is ${address}`;
  const dnsFirst = !(lookupOrder ?? 'bind file').startsWith('file');
  return dnsFirst
    ? problem(host, 'dns-before-hosts', {
        what: `${host.name} asks DNS before /etc/hosts`,
        evidence: `${evidence}; lookup ${lookupOrder ?? 'is not set'} in /etc/resolv.conf`,
        remedy,
      })
    : problem(host, 'name-wrong', { what: `${host.name} resolves ${name} to a wrong address`, evidence, remedy });
}

/** Only while mail waits, and only the last error: one that is over is not a problem. */
function fromLog(hop: SmtpHop, from: HostFacts, to: HostFacts, fleet: Fleet): Problem | null {
  const waiting = waitingFor(hop, from, fleet);
  const reason = lastingError(from.log, hop) ?? waiting.find(mail => mail.error !== '')?.error ?? null;
  if (waiting.length === 0 || reason === null) return null;
  return troubleProblem(troubleOfReason(reason), hop, to, fleet);
}

function wellText(hop: SmtpHop, session: SmtpSession, from: HostFacts): string {
  const waiting = from.smtpd.queued.count;
  const verified = hop.authority === null ? 'port 25 answers' : 'verified on both sides';
  const taken = session.replies.filter(({ command }) => command.startsWith('rcpt')).length;
  const recipients =
    taken > 0 ? `, ${plural(taken, 'recipient')} accepted` : hop.user === null ? '' : ', password accepted';
  return `${verified}${recipients}${waiting > 0 ? `, ${waiting} in the queue of ${hop.from.name}` : ''}`;
}

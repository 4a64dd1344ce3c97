/** Mail that waits on a host for the next one. Pure. */

import type { QueuedMail } from '../facts/smtpctl-queue.ts';
import type { Fleet } from '../hosts/fleet.ts';
import { plural } from '../run/plural.ts';
import { mailIn } from '../tasks/carried-refusals.ts';
import { domainOf } from '../tasks/neighbours.ts';
import type { HostFacts } from './host-facts.ts';
import type { SmtpHop } from './path.ts';
import { type Problem, problem, type Remedy } from './problem.ts';
import { messagesWait, on, provision, provisionAll, span } from './remedies.ts';

/** Whether a mail is for the fleet's own recipients. */
export const isInbound = (mail: QueuedMail, fleet: Fleet): boolean => fleet.domains.includes(domainOf(mail.recipient));

/** Mail in the queue of `from` that is to be sent over this hop. */
export const waitingFor = (hop: Pick<SmtpHop, 'direction'>, from: HostFacts, fleet: Fleet): readonly QueuedMail[] =>
  from.smtpd.queue.filter(mail => mail.agent !== 'mda' && isInbound(mail, fleet) === (hop.direction === 'in'));

/** A failed attempt is repeated after 15 s at first; what waits longer than this waits for nothing. */
const PATIENT_SECONDS = 30;

/** After a boot the tunnel watch schedules waiting mail, as soon as cron(8) runs. */
const BOOT_SECONDS = 90;

/** A mail that is being tried still fails for the old reason, a few seconds later (mta.c); only then it can be scheduled. */
const GIVEN_UP_SECONDS = 15;

/** Mail that waits although the hop works: behind a route that is still disabled, or for a long retry interval. */
export function stuckMail(hop: SmtpHop, from: HostFacts, to: HostFacts, fleet: Fleet): Problem | null {
  const now = from.clock?.now ?? null;
  const booted = Math.min(from.upSeconds ?? Number.POSITIVE_INFINITY, to.upSeconds ?? Number.POSITIVE_INFINITY);
  if (now === null || booted < BOOT_SECONDS) return null;
  const old = waitingFor(hop, from, fleet).filter(mail => now - mail.created > PATIENT_SECONDS);
  const oldest = old[0];
  if (!oldest) return null;
  const age = Math.max(...old.map(mail => now - mail.created));
  const amount = `${messagesWait(old.length)} on ${from.host.name}, ${span(age)} at most`;
  const route = from.smtpd.routes.find(one => one.address === hop.address && one.disabled);
  if (route)
    return problem(from.host, 'mail-route-disabled', {
      what: `mail is stuck on ${from.host.name} behind a disabled route to ${hop.to.name}`,
      evidence: `${amount}; smtpctl show routes: route ${route.id} is disabled for another ${span(route.timeoutSeconds ?? 0)}, though ${hop.to.name} answers`,
      remedy: freeing(
        from,
        to,
        fleet,
        `smtpctl resume route ${route.id}; sleep ${GIVEN_UP_SECONDS}; smtpctl schedule all`,
      ),
    });
  // `hold` is not a fault: of a backlog smtpd tries fifty messages at a time, and holds the others until then (mta.c).
  const held = old.find(mail => mail.flags.includes('suspend'));
  if (held)
    return problem(from.host, 'mail-held', {
      what: `mail is held on ${from.host.name}`,
      evidence: `${amount}; smtpctl show queue: ${held.evpid} ${held.flags.join(',')}`,
      remedy: on(from.host, 'smtpctl resume envelope all; smtpctl schedule all'),
    });
  const late = old.find(mail => mail.state === 'pending' && (mail.seconds ?? 0) > 2 * PATIENT_SECONDS);
  if (!late) return null;
  return problem(from.host, 'mail-waiting', {
    what: `mail waits on ${from.host.name} although ${hop.to.name} answers`,
    evidence: `${amount}; the next attempt is in ${span(late.seconds ?? 0)}; the last one said: ${late.error}`,
    remedy: freeing(from, to, fleet, 'smtpctl schedule all'),
  });
}

/** If a host differs from the inventory, its smtpd may refuse what the probe was allowed: so provision comes first. */
function freeing(from: HostFacts, to: HostFacts, fleet: Fleet, command: string): Remedy {
  const typed = on(from.host, command);
  const all = provisionAll(fleet);
  const differs = [from, to].some(({ plan }) => plan.changes.length > 0);
  return differs ? { ...all, provision: `${all.provision}; then ${typed}` } : typed;
}

/** Mail whose action is no longer in smtpd.conf: it is neither delivered nor bounced, and never expires. */
export function strandedProblem({ host, smtpd }: HostFacts, fleet: Fleet): readonly Problem[] {
  if (smtpd.stranded.length === 0) return [];
  const count = smtpd.stranded.reduce((sum, one) => sum + one.count, 0);
  const names = smtpd.stranded.map(({ action }) => action).join(', ');
  const some = smtpd.stranded.flatMap(one => one.some).slice(0, 3);
  return [
    problem(host, 'mail-stranded', {
      what: `mail is queued on ${host.name} for an action that smtpd.conf does not have`,
      evidence: [`${plural(count, 'message')}: smtpd.conf has no action ${names}`, ...some.map(mailIn)].join('; '),
      remedy: provision(fleet, host, 'smtpd'),
    }),
  ];
}

/** Mail for a user who was deleted: the next attempt fails permanently, and the bounce may be dropped. */
export const missingLogin = ({ host, smtpd }: HostFacts): readonly Problem[] =>
  smtpd.missingLogins.map(({ login, count }) =>
    problem(host, 'mail-login-missing', {
      what: `mail is queued on ${host.name} for the user ${login}, who does not exist`,
      evidence: `${plural(count, 'message')}; id ${login}: no such user; the next delivery attempt fails permanently`,
      remedy: `on ${host.name}: smtpctl pause mda; add the user ${login} again; smtpctl resume mda`,
    }),
  );

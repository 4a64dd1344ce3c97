/** Whether mail is delivered to the maildirs of a host. Pure. */
import { lacksMaildir } from '../facts/smtp-reasons.ts';
import type { Fleet } from '../hosts/fleet.ts';
import { refusedForwards } from './forward-files.ts';
import type { AskedHost, HostFacts } from './host-facts.ts';
import { undelivered } from './mail-log.ts';
import type { MailboxHop } from './path.ts';
import { firstProblem, notAsked, type Problem, problem, unknown, type Verdict, well } from './problem.ts';
import { on, provision } from './remedies.ts';
import { paused, smtpdProblem } from './smtpd.ts';

/** The last hop: from smtpd to the maildir. */
export function judgeMailbox({ host }: MailboxHop, asked: AskedHost, fleet: Fleet): Verdict {
  if (!asked.reached) return notAsked(host);
  const found = firstProblem([
    () => smtpdProblem(asked, fleet),
    () => paused(asked, 'MDA'),
    () => refusedForwards(asked)[0] ?? null,
    () => refused(asked, fleet),
  ]);
  if (found) return { kind: 'broken', problem: found };
  if (!asked.keepsLog) return unknown(`${host.name} has no /var/log/maillog, so received mail is unknown`);
  const delivered = asked.log.filter(
    event => event.kind === 'delivery' && event.agent === 'mda' && event.result === 'Ok',
  );
  return well(
    delivered.length === 0 ? 'nothing delivered since yesterday' : `${delivered.length} delivered since yesterday`,
  );
}

/** The last error of the delivery agent for a recipient whose mail still waits. */
function refused(facts: HostFacts, fleet: Fleet): Problem | null {
  const { host, log, clock, smtpd } = facts;
  const waits = (to: string): boolean => smtpd.queue.some(mail => mail.agent === 'mda' && mail.recipient === to);
  const failed = undelivered(log, clock).find(delivery => waits(delivery.to));
  if (!failed) return null;
  return problem(host, 'mail-undeliverable', {
    what: `mail for ${failed.to} cannot be delivered on ${host.name}`,
    evidence: `maillog: ${failed.said}`,
    remedy: lacksMaildir(failed.said)
      ? provision(fleet, host, 'aliases')
      : on(host, 'ls -ld the home and the maildir of the user; smtpctl show queue'),
  });
}

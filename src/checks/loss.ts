/** Mail that was accepted and then lost: it failed permanently without notice to its sender. Pure. */

import type { HostClock } from '../facts/clock.ts';
import type { Losses } from '../facts/losses.ts';
import type { MailEvent } from '../facts/maillog.ts';
import { recipientOf } from '../facts/waiting-mail.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { few } from '../run/few.ts';
import { plural } from '../run/plural.ts';
import { domainOf, gatewayOf } from '../tasks/neighbours.ts';
import type { HostFacts } from './host-facts.ts';
import { writtenAt } from './mail-log.ts';
import { type Problem, problem } from './problem.ts';
import { on, provisionCommand } from './remedies.ts';
import { troubleOfReason } from './trouble.ts';

/** A message that was accepted and not delivered. */
interface Loss {
  readonly evpid: string;
  readonly from: string;
  readonly to: string;
  /** `Nov 22 06:17:17`; null where the log does not say. */
  readonly time: string | null;
  /** Seconds since 1970; null where the log does not say. */
  readonly at: number | null;
  readonly said: string;
  /** `maildir`: the delivery agent refused it; `expired`: no attempt succeeded in time; `hop`: the next host refused it. */
  readonly kind: 'maildir' | 'expired' | 'hop';
}

const WEEK = 7 * 86_400;

/**
 * Every loss of the last seven days. If the bounce was delivered, nothing is lost; a bounce about delay alone does not
 * count. Mail without a sender is itself a bounce, and gets none (RFC 5321, 6.1).
 */
function lossesIn(events: readonly MailEvent[], clock: HostClock | null, fleet: Fleet): readonly Loss[] {
  const dropped = new Set(
    events.flatMap(event => (event.kind === 'bounce lost' && event.isPermanent ? [event.msgid] : [])),
  );
  // The next hop may refuse a bounce that was queued: one from a workstation to a sender of no domain of the inventory.
  const refused = new Set(
    events.flatMap(event => (event.kind === 'delivery' && isLost(event) && isBounce(event) ? [event.to] : [])),
  );
  const isUnreported = ({ evpid, from, to }: Pick<Loss, 'evpid' | 'from' | 'to'>): boolean =>
    dropped.has(evpid.slice(0, 8)) ||
    refused.has(from) ||
    (fleet.mail.bounces.mode === 'drop' && fleet.domains.includes(domainOf(to)));
  const losses = events.flatMap((event): readonly Loss[] => {
    if (event.kind !== 'expired' && event.kind !== 'delivery') return [];
    if (!isLost(event) || isBounce(event) || !isUnreported(event)) return [];
    const at = writtenAt(event, clock);
    if (at !== null && clock !== null && clock.now - at > WEEK) return [];
    const { evpid, from, to, said, time } = event;
    return [{ evpid, from, to, said, time, at, kind: kindOf(event) }];
  });
  return [...new Map(losses.map(loss => [loss.evpid, loss])).values()];
}

type Ended = Extract<MailEvent, { readonly kind: 'expired' | 'delivery' }>;
const isLost = (event: Ended): boolean => event.kind === 'expired' || event.result === 'PermFail';
const isBounce = ({ from }: Ended): boolean => from === '' || from === '@';

const kindOf = (event: MailEvent): Loss['kind'] =>
  event.kind === 'expired' ? 'expired' : event.kind === 'delivery' && event.agent === 'mda' ? 'maildir' : 'hop';

/** Whether it has been acknowledged; not if it was lost in that very second. */
const isKnown = ({ at }: Loss, { acknowledged }: Losses): boolean =>
  at !== null && acknowledged !== null && at < acknowledged;

const lossesOf = ({ losses, clock }: HostFacts, fleet: Fleet): readonly Loss[] => lossesIn(losses.events, clock, fleet);

/** Those that nobody has acknowledged, as one problem. */
export function lossProblems(facts: HostFacts, fleet: Fleet): readonly Problem[] {
  const open = lossesOf(facts, fleet).filter(loss => !isKnown(loss, facts.losses));
  const last = open.at(-1);
  if (!last) return [];
  const { host } = facts;
  const lost = `${plural(open.length, 'message')} ${open.length === 1 ? 'was' : 'were'} lost`;
  const when = last.time === null ? '' : `, the last one at ${last.time}`;
  const others = few([...new Set(open.map(({ to }) => to).filter(to => to !== last.to))]);
  return [
    problem(host, 'mail-lost', {
      what: `${lost} on ${host.name}${when}`,
      evidence: `from ${last.from} to ${last.to}: ${last.said}${others === '' ? '' : `; others to ${others}`}`,
      remedy: `${cure(last, host, fleet)}; ask ${few([...new Set(open.map(({ from }) => from))])} to send again; then ${acknowledging(fleet, host)}`,
    }),
  ];
}

/** How many were lost and acknowledged, for a footnote. */
export const knownLosses = (facts: HostFacts, fleet: Fleet): number =>
  lossesOf(facts, fleet).filter(loss => isKnown(loss, facts.losses)).length;

const acknowledging = (fleet: Fleet, host: Host): string =>
  `mailtun status ${fleet.path} --host ${host.name} --acknowledge`;

/** The command that removes the cause. */
function cure({ kind, said, from, to }: Loss, host: Host, fleet: Fleet): string {
  if (kind === 'expired') return `mailtun doctor ${fleet.path}`;
  if (kind === 'maildir') return on(host, 'ls -ld the home and the maildir of the user; df');
  const trouble = troubleOfReason(said).kind;
  if (trouble === 'downgraded') return provisionCommand(fleet, host, 'smtpd');
  const recipient = recipientOf(to);
  if (trouble === 'recipient' && fleet.domains.includes(domainOf(to)))
    return `${isWanted(recipient, fleet) ? '' : `add ${recipient} under mail.recipients, then `}mailtun provision ${fleet.path}`;
  // A gateway passes on what users of its domains send: this is mail that a user forwards, or has sent under another domain.
  const domains = host.role === 'workstation' ? gatewayOf(host, fleet).domains : null;
  if (trouble === 'recipient' && domains?.includes(domainOf(from)) === false)
    return on(
      host,
      `remove ${to} from the .forward or alias that leads there, or have it sent in the name of ${domains.join(' or ')}`,
    );
  // After the first hop other people's addresses are not checked: the next hop does not recognise the sending host.
  if (trouble === 'recipient' && host.role !== 'relay') return `mailtun provision ${fleet.path}`;
  if (trouble === 'password') return provisionCommand(fleet, host, 'credentials');
  return `mailtun doctor ${fleet.path}`;
}

/** Whether the inventory has a recipient of this address. */
function isWanted(to: string, { domains, mail }: Fleet): boolean {
  const local = to.slice(0, to.lastIndexOf('@'));
  const domain = domainOf(to);
  return mail.recipients.some(
    one => one.local === local && (one.domain === null ? domains : [one.domain]).includes(domain),
  );
}

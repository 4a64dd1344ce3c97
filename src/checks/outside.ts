/** Whether the relay's mail reaches servers outside, and has the DNS records that they ask for. Pure. */

import type { MailEvent } from '../facts/maillog.ts';
import { isReply, reasonKind } from '../facts/smtp-reasons.ts';
import type { QueuedMail } from '../facts/smtpctl-queue.ts';
import type { Fleet } from '../hosts/fleet.ts';
import { plural } from '../run/plural.ts';
import { domainOf } from '../tasks/neighbours.ts';
import { recordProblem } from './dns.ts';
import type { AskedHost, HostFacts } from './host-facts.ts';
import { writtenAt } from './mail-log.ts';
import type { OutsideHop } from './path.ts';
import { firstProblem, notAsked, type Problem, problem, unknown, type Verdict, well } from './problem.ts';
import { isInbound } from './queue.ts';
import { receiverText } from './receiver.ts';
import { messagesWait, on, span } from './remedies.ts';
import { paused, smtpdProblem } from './smtpd.ts';

/** The hop from the relay to other people's servers. */
export function judgeOutside({ relay }: OutsideHop, asked: AskedHost, fleet: Fleet): Verdict {
  if (!asked.reached) return notAsked(relay);
  const waiting = asked.smtpd.queue.filter(mail => mail.agent === 'mta' && !isInbound(mail, fleet));
  const found = firstProblem([
    () => smtpdProblem(asked, fleet),
    () => paused(asked, 'MTA'),
    () => port25Blocked(asked, waiting, fleet),
    () => mismatch(asked, waiting),
    () => waitsLong(asked, waiting, fleet),
    () => recordProblem(relay, asked, fleet, set => set.kind === 'ptr' || set.name === relay.outbound.name),
    () => recordProblem(relay, asked, fleet, set => set.type === 'TXT'),
  ]);
  if (found) return { kind: 'broken', problem: found };
  const sent = outsideAttempts(asked.log, fleet).filter(attempt => attempt.result === 'Ok').length;
  if (!asked.keepsLog) return unknown(`${relay.name} has no /var/log/maillog, so outbound port 25 is untested`);
  if (sent === 0) return unknown('no message sent since yesterday, so outbound port 25 is untested');
  return well(
    `${plural(sent, 'message')} sent since yesterday${receiverText(relay, asked, fleet)}${lateText(asked, waiting)}`,
  );
}

interface Attempt {
  readonly address: string;
  readonly result: 'Ok' | 'answered' | 'silence' | 'blocked here';
}

/** Attempts at hosts that are not ours, in order. */
function outsideAttempts(log: readonly MailEvent[], fleet: Fleet): readonly Attempt[] {
  const ours = new Set(fleet.hosts.flatMap(host => (host.role === 'workstation' ? [] : [host.tunnel.address])));
  const far = new Map<string, string>();
  return log.flatMap((event): readonly Attempt[] => {
    if (event.kind === 'connecting') far.set(event.session, event.address);
    if (event.kind === 'delivery' && event.agent === 'mta' && event.relay !== null && !ours.has(event.relay)) {
      if (event.result === 'Ok') return [{ address: event.relay, result: 'Ok' }];
      return isReply(event.said) ? [{ address: event.relay, result: 'answered' }] : [];
    }
    const address = 'session' in event ? far.get(event.session) : undefined;
    if (event.kind !== 'error' || address === undefined || ours.has(address)) return [];
    const kind = reasonKind(event.reason);
    return [{ address, result: kind === 'no answer' ? 'silence' : kind === 'blocked here' ? kind : 'answered' }];
  });
}

/**
 * No host answers, and more than one was tried since the last answer: many providers block port 25. Where one has answered
 * since yesterday and a single destination is left, that one may be down.
 */
function port25Blocked({ host, log }: HostFacts, waiting: readonly QueuedMail[], fleet: Fleet): Problem | null {
  const attempts = outsideAttempts(log, fleet);
  const since = attempts.slice(attempts.findLastIndex(({ result }) => result === 'Ok' || result === 'answered') + 1);
  const tried = new Set(since.map(attempt => attempt.address));
  if (waiting.length === 0 || tried.size < 2) return null;
  const isBlockedHere = since.some(({ result }) => result === 'blocked here');
  const destinations = destinationsOf(waiting.filter(mail => !isReply(mail.error)));
  if (since.length < attempts.length && destinations.length < 2 && !isBlockedHere) return null;
  return problem(host, 'outbound-port-blocked', {
    what: `port 25 out of ${host.name} is blocked`,
    evidence: `${messagesWait(waiting.length)}; none of ${[...tried].slice(-3).join(', ')} answered`,
    remedy: isBlockedHere
      ? on(host, 'its own pf blocks port 25: allow TCP out to it in /etc/pf.conf; pfctl -sr shows the rules')
      : "ask the relay's provider to open outbound port 25; pfctl -sr",
  });
}

function mismatch({ host }: HostFacts, waiting: readonly QueuedMail[]): Problem | null {
  const mail = waiting.find(one => reasonKind(one.error) === 'address family');
  return mail
    ? problem(host, 'outbound-address-family', {
        what: `mail from ${host.name} lacks an address of the right family`,
        evidence: `${mail.recipient}: ${mail.error}`,
        remedy: 'put an IPv4 and an IPv6 address into outbound.addresses in the inventory, and provision',
      })
    : null;
}

/** Greylisting and the like defer mail for up to an hour; what waits longer than this is reported. */
const LONG_SECONDS = 4 * 3600;

const late = ({ clock }: HostFacts, waiting: readonly QueuedMail[]): readonly QueuedMail[] =>
  waiting.filter(mail => clock !== null && clock.now - mail.created > LONG_SECONDS);

const longest = ({ clock }: HostFacts, old: readonly QueuedMail[]): string =>
  span(Math.max(...old.map(mail => (clock?.now ?? mail.created) - mail.created)));

/** If a single destination accepts nothing while others do, the relay is not at fault: its name may be mistyped. */
function waitsLong(facts: HostFacts, waiting: readonly QueuedMail[], fleet: Fleet): Problem | null {
  const old = late(facts, waiting);
  if (old.length === 0 || (destinationsOf(old).length === 1 && hasLeftSince(old, facts, fleet))) return null;
  const causes = [...new Set(old.map(mail => mail.error))].slice(0, 3).join('; ');
  return problem(facts.host, 'outbound-mail-waiting', {
    what: `outbound mail waits on ${facts.host.name}`,
    evidence: `${old.length} for more than ${span(LONG_SECONDS)}, the oldest for ${longest(facts, old)}: ${causes}`,
    remedy: on(facts.host, 'smtpctl show queue'),
  });
}

const destinationsOf = (mails: readonly QueuedMail[]): readonly string[] => [
  ...new Set(mails.map(mail => domainOf(mail.recipient))),
];

/** Whether a server outside has accepted anything since the first of these messages was queued. */
function hasLeftSince(mails: readonly QueuedMail[], { log, clock }: HostFacts, fleet: Fleet): boolean {
  const first = Math.min(...mails.map(mail => mail.created));
  const since = log.filter(event => (writtenAt(event, clock) ?? first) >= first);
  return outsideAttempts(since, fleet).some(attempt => attempt.result === 'Ok');
}

/** A note on messages that wait although the relay is not at fault. */
function lateText(facts: HostFacts, waiting: readonly QueuedMail[]): string {
  const old = late(facts, waiting);
  if (old.length === 0) return '';
  return `; ${messagesWait(old.length)} for ${destinationsOf(old).join(', ')}, ${longest(facts, old)} by now: ${old[0]?.error ?? ''}`;
}

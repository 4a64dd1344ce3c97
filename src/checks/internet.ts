/** Whether mail from the internet reaches the relay and is accepted. Pure. */
import { dnsAnswer } from '../facts/lookup.ts';
import { smtpSession } from '../facts/smtp-session.ts';
import type { Fleet, Relay } from '../hosts/fleet.ts';
import { dnsWorks, recordProblem } from './dns.ts';
import { attemptsFromOutside, filteredMx, type HeardHere, untested } from './first-hop.ts';
import type { AskedHost, HostFacts } from './host-facts.ts';
import type { InternetHop } from './path.ts';
import { firstProblem, notAsked, type Problem, problem, unknown, type Verdict, well } from './problem.ts';
import { on, provisionAll } from './remedies.ts';
import { notListening, paused, smtpdProblem } from './smtpd.ts';
import { troubleOfSession } from './trouble.ts';

/** @param all hosts: gateways try the relay from outside; `heard` is what the machine that runs mailtun got. */
export function judgeInternet(
  { relay }: InternetHop,
  asked: AskedHost,
  fleet: Fleet,
  { now, all, heard }: { readonly now: number; readonly all: readonly AskedHost[]; readonly heard: HeardHere },
): Verdict {
  if (!asked.reached) return notAsked(relay);
  const names = relay.mx.map(mx => mx.name);
  const observation = relay.mx.map(mx => ({ mx, attempts: attemptsFromOutside(relay, mx, fleet, { all, heard }) }));
  const found = firstProblem([
    () => smtpdProblem(asked, fleet),
    ...relay.mx.map(mx => () => notListening(asked, mx.address, fleet)),
    () => paused(asked, 'SMTP'),
  ]);
  if (found) return { kind: 'broken', problem: found };
  if (relay.retiring) return unknown(`${relay.name} is retiring: it refuses mail temporarily`);
  const refused = firstProblem([
    ...relay.mx.map(mx => () => notTaken(mx, asked, fleet, now)),
    ...observation.map(
      ({ mx, attempts }) =>
        () =>
          filteredMx(asked, mx, attempts, fleet),
    ),
    () => recordProblem(relay, asked, fleet, ({ kind, name }) => ['mx', 'tlsa'].includes(kind) || names.includes(name)),
  ]);
  if (refused) return { kind: 'broken', problem: refused };
  const open = observation.flatMap(({ mx, attempts }) => untested(asked, mx, attempts) ?? []);
  if (open.length > 0) return unknown(open.join('; '));
  const answered = fleet.domains.every(domain => asked.said(dnsAnswer('mx', domain))?.kind === 'records');
  const known = answered && dnsWorks(relay, asked, fleet);
  const take = relay.mx.length === 1 ? 'accepts' : 'accept';
  const resolve = relay.mx.length === 1 ? 'resolves' : 'resolve';
  return well(
    `${names.join(', ')} ${take} mail from outside${known ? ` and ${resolve} in DNS` : '; DNS could not be checked'}`,
  );
}

/** The relay tries its own MX as a client outside would, up to RCPT. */
function notTaken(mx: Relay['mx'][number], facts: HostFacts, fleet: Fleet, now: number): Problem | null {
  const { host: relay } = facts;
  const session = facts.said(smtpSession(mx));
  const trouble =
    session && troubleOfSession(session, { authority: null, name: mx.name, from: relay, address: mx.address }, now);
  if (!trouble) return null;
  if (trouble.kind === 'recipient')
    return problem(relay, 'recipient-refused', {
      what: `${relay.name} does not know a recipient`,
      evidence: `${mx.name}: ${trouble.evidence}`,
      remedy: provisionAll(fleet),
    });
  if (trouble.kind === 'refused' || trouble.kind === 'no answer')
    return problem(relay, 'mx-unreachable', {
      what: `${mx.name} (${mx.address}) accepts no connections`,
      evidence: trouble.evidence,
      remedy: on(relay, 'pfctl -sr; netstat -ln | grep [.]25'),
    });
  return problem(relay, 'mx-refuses-mail', {
    what: `${mx.name} does not accept mail`,
    evidence: trouble.evidence,
    remedy: on(relay, 'tail -n 50 /var/log/maillog'),
  });
}

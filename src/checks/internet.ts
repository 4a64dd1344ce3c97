/** Whether the world's mail finds the relay and is taken there. Pure. */

import { parseSmtpSession } from '../facts/smtp-session.ts';
import type { Fleet, Relay } from '../hosts/fleet.ts';
import { dnsAnswer, dnsWorks, recordProblem } from './dns.ts';
import { filteredMx, type HeardHere, looksFromOutside, unseen } from './first-hop.ts';
import type { InternetHop } from './path.ts';
import { firstProblem, type Problem, problem, unknown, type Verdict, well } from './problem.ts';
import { KEYS } from './questions.ts';
import type { HostSeen, Seen } from './seen.ts';
import { notListening, paused, smtpdProblem } from './smtpd.ts';
import { troubleOfSession } from './trouble.ts';
import { on, provisionAll } from './words.ts';

/** @param all hosts, for gateways look at the relay from outside; `heard` by the machine that runs mailtun. */
export function judgeInternet(
  { relay }: InternetHop,
  seen: HostSeen,
  fleet: Fleet,
  { now, all, heard }: { readonly now: number; readonly all: readonly HostSeen[]; readonly heard: HeardHere },
): Verdict {
  if (!seen.reached) return unknown(`${relay.name} could not be asked`);
  const names = relay.mx.map(mx => mx.name);
  const looked = relay.mx.map(mx => ({ mx, looks: looksFromOutside(relay, mx, fleet, { all, heard }) }));
  const found = firstProblem([
    () => smtpdProblem(seen, fleet),
    ...relay.mx.map(mx => () => notListening(seen, mx.address, fleet)),
    () => paused(seen, 'SMTP'),
  ]);
  if (found) return { kind: 'broken', problem: found };
  if (relay.retiring) return unknown(`${relay.name} is retiring: it refuses mail for now`);
  const refused = firstProblem([
    ...relay.mx.map(mx => () => notTaken(mx, seen, fleet, now)),
    ...looked.map(
      ({ mx, looks }) =>
        () =>
          filteredMx(seen, mx, looks, fleet),
    ),
    () => recordProblem(relay, seen, fleet, ({ kind, name }) => ['mx', 'tlsa'].includes(kind) || names.includes(name)),
  ]);
  if (refused) return { kind: 'broken', problem: refused };
  const open = looked.flatMap(({ mx, looks }) => unseen(seen, mx, looks) ?? []);
  if (open.length > 0) return unknown(open.join('; '));
  const answered = fleet.domains.every(domain => dnsAnswer(seen, 'mx', domain)?.kind === 'records');
  const known = answered && dnsWorks(relay, seen, fleet);
  const take = relay.mx.length === 1 ? 'accepts' : 'accept';
  const resolve = relay.mx.length === 1 ? 'resolves' : 'resolve';
  return well(
    `${names.join(', ')} ${take} mail from outside${known ? ` and ${resolve} in DNS` : '; DNS could not be checked'}`,
  );
}

/** The relay tries its own MX as a client outside would, up to RCPT. */
function notTaken(mx: Relay['mx'][number], seen: Seen, fleet: Fleet, now: number): Problem | null {
  const { host: relay } = seen;
  const session = parseSmtpSession(seen.probe(KEYS.smtp(mx.address, mx.name)));
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
      what: `${mx.name} (${mx.address}) takes no connections`,
      evidence: trouble.evidence,
      remedy: on(relay, 'pfctl -sr; netstat -ln | grep [.]25'),
    });
  return problem(relay, 'mx-refuses-mail', {
    what: `${mx.name} does not take mail`,
    evidence: trouble.evidence,
    remedy: on(relay, 'tail -n 50 /var/log/maillog'),
  });
}

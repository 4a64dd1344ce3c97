/** What keeps a retiring host from being removed: its mail, mail that waits for it, and what still points to it. Pure. */

import { dnsAnswer } from '../facts/lookup.ts';
import { recipientOf } from '../facts/waiting-mail.ts';
import { type Fleet, gatewaysOf, type Host, type Relay, relaysOf, workstationsOf } from '../hosts/fleet.ts';
import { plural } from '../run/plural.ts';
import { wantedHops } from '../tasks/hops.ts';
import type { AskedHost, HostFacts } from './host-facts.ts';
import { type Problem, problem } from './problem.ts';

/** None where the host is not retiring. */
export function retiringProblem(facts: HostFacts, all: readonly AskedHost[], fleet: Fleet): readonly Problem[] {
  const { host } = facts;
  if (!host.retiring) return [];
  const kept = [...ownMail(facts), ...mailFor(host, all, fleet), ...usesOf(facts, fleet)];
  if (kept.length === 0)
    return [
      problem(host, 'retiring-done', {
        what: `${host.name} is retiring and can be removed`,
        evidence: 'it has no mail left, and nothing points to it',
        remedy: `mailtun provision, which records this on its neighbours; remove ${host.name} from ${fleet.path}; mailtun provision`,
      }),
    ];
  return [
    problem(host, 'retiring', {
      what: `${host.name} is retiring and cannot be removed yet`,
      evidence: kept.map(({ evidence }) => evidence).join('; '),
      remedy: [...new Set(kept.map(({ remedy }) => remedy))].join('; '),
    }),
  ];
}

type Kept = Pick<Problem, 'evidence' | 'remedy'>;

function ownMail({ host, smtpd }: HostFacts): readonly Kept[] {
  const stranded = smtpd.stranded.reduce((sum, { count }) => sum + count, 0);
  const count = smtpd.queued.count + stranded;
  if (count === 0) return [];
  return [{ evidence: `${plural(count, 'message')} in its queue`, remedy: `on ${host.name}: smtpctl schedule all` }];
}

/** Mail on the hops before it, for recipients that the inventory still has there. */
function mailFor(host: Host, all: readonly AskedHost[], fleet: Fleet): readonly Kept[] {
  return all.flatMap(before => {
    if (!before.reached || before.host === host) return [];
    const { routes } = wantedHops(before.host, fleet);
    const waiting = before.smtpd.queue.filter(
      mail => mail.agent === 'mta' && routes.get(recipientOf(mail.recipient)) === host.name,
    );
    if (waiting.length === 0) return [];
    return {
      evidence: `${plural(waiting.length, 'message')} for it on ${before.host.name}`,
      remedy: OTHERS_FOR_RECIPIENTS,
    };
  });
}

const OTHERS_FOR_RECIPIENTS = 'name another host for its recipients, and provision';

function usesOf(facts: HostFacts, fleet: Fleet): readonly Kept[] {
  const { host } = facts;
  if (host.role === 'relay') return [...mxRecords(host, facts, fleet), ...onlyRelay(host, fleet)];
  const { hosts, mail } = fleet;
  const behind = host.role === 'gateway' ? workstationsOf(fleet, host).map(({ name }) => name) : [];
  const delivering = [host.name, ...behind];
  const recipients = mail.recipients.filter(to => delivering.includes(to.host));
  const [first] = recipients;
  return [
    ...(first
      ? [
          {
            evidence: `${plural(recipients.length, 'recipient')} (${first.local}${recipients.length > 1 ? ', …' : ''}) there`,
            remedy: OTHERS_FOR_RECIPIENTS,
          },
        ]
      : []),
    ...hosts
      .filter(({ name }) => behind.includes(name))
      .map(({ name }) => ({
        evidence: `${name} uses it as its gateway`,
        remedy: `give ${name} another gateway, and provision`,
      })),
  ];
}

/** As the relay itself finds them in DNS. */
const mxRecords = (relay: Relay, facts: HostFacts, fleet: Fleet): readonly Kept[] =>
  fleet.domains.flatMap(domain => {
    const answer = facts.said(dnsAnswer('MX', domain));
    const values = answer?.kind === 'records' ? answer.values : [];
    const named = [...new Set(relay.mx.map(({ name }) => name))].filter(name => values.includes(name));
    if (named.length === 0) return [];
    const names = named.join(' and ');
    return { evidence: `the MX records of ${domain} name ${names}`, remedy: `remove ${names} from the zone ${domain}` };
  });

const onlyRelay = (relay: Relay, fleet: Fleet): readonly Kept[] =>
  relaysOf(fleet).some(other => !other.retiring)
    ? []
    : gatewaysOf(fleet).map(({ name }) => ({
        evidence: `${name} has no relay but ${relay.name}`,
        remedy: 'add a relay to the inventory, and provision',
      }));

/** The records that the inventory wants, as a relay's resolver has them, and what is wrong with them. Pure. */
import type { ProblemCode } from '../codes/problems.ts';
import type { DkimState } from '../facts/dkim-keys.ts';
import { type DnsAnswer, dnsAnswer } from '../facts/lookup.ts';
import { type Fleet, type Relay, relaysOf } from '../hosts/fleet.ts';
import type { HostFacts } from './host-facts.ts';
import { type Problem, problem } from './problem.ts';
import { recordSets, typeOf } from './public-records.ts';
import { type Finding, findingsOf } from './record-findings.ts';
import type { RecordKind, RecordSet } from './record-set.ts';
import { recordText } from './record-text.ts';
import { senderWord } from './spf.ts';

/**
 * Whether the relay's resolver has any record of the inventory's names; if not, nothing can be concluded from missing
 * ones. A null MX (RFC 7505), as example.com has one, does not count.
 */
export function dnsWorks(relay: Relay, facts: HostFacts, fleet: Fleet): boolean {
  const asked = [
    ...fleet.domains.map(domain => facts.said(dnsAnswer('MX', domain))),
    ...relay.mx.map(mx => facts.said(dnsAnswer(typeOf(mx.address), mx.name))),
  ];
  return asked.some(answer => answer?.kind === 'records' && answer.values.some(value => value !== ''));
}

/** The first wrong record among these sets: it keeps mail from reaching the relay, or others from accepting its mail. */
export function recordProblem(
  relay: Relay,
  facts: HostFacts,
  fleet: Fleet,
  about: (set: RecordSet) => boolean,
): Problem | null {
  if (!dnsWorks(relay, facts, fleet)) return null;
  // What concerns no particular relay is reported once.
  const isFirst = relaysOf(fleet).at(0) === relay;
  const parts = {
    dkim: new Map(facts.dkim === null ? [] : [[relay.name, facts.dkim.keys]]),
    tlsa: new Map([[relay.name, facts.tlsa]]),
  };
  const found = recordSets(fleet, parts)
    .filter(about)
    .flatMap(set => findingsOf(set, dkimAnswer(facts.dkim, set) ?? facts.said(dnsAnswer(set.type, set.name))))
    .find(one => (one.relay === null ? isFirst : one.relay === relay.name) && isHarmful(one));
  return found ? problemOf(relay, found) : null;
}

/** The answer of DNS to a relay about one of its own keys. */
export function dkimAnswer(dkim: DkimState | null, { kind, name }: RecordSet): DnsAnswer | null {
  const [, selector = '', domain = ''] = /^(.+?)\._domainkey\.(.+)$/.exec(name) ?? [];
  return kind === 'dkim' ? (dkim?.answer(selector, domain) ?? null) : null;
}

/** An MX of another provider may be wanted; without SPF most receivers still accept mail. */
const isHarmful = ({ state, set }: Finding): boolean =>
  state === 'wrong' || (state === 'missing' && set.kind !== 'spf') || (state === 'stale' && set.kind === 'address');

const CODES: Readonly<Record<RecordKind, ProblemCode>> = {
  mx: 'dns-mx-missing',
  address: 'dns-address-missing',
  ptr: 'dns-ptr-missing',
  tlsa: 'dns-tlsa-missing',
  spf: 'spf-mismatch',
  dkim: 'dkim-not-published',
  dmarc: 'dns-dmarc-wrong',
  'dmarc-reports': 'dns-dmarc-wrong',
};

function problemOf(relay: Relay, { state, set, value, said, sender }: Finding): Problem {
  const { kind, type, name } = set;
  if (state === 'stale')
    return problem(relay, 'dns-record-stale', {
      what: `DNS has ${type} ${value} for ${name}, which is not in the inventory`,
      evidence: said,
      remedy: `remove it from the zone: ${recordText(set, value)}`,
    });
  if (sender !== undefined)
    return problem(relay, CODES[kind], {
      what: `SPF of ${name} does not let ${sender} send`,
      evidence: said,
      remedy: `add ${senderWord(sender)} to the TXT record of ${name}`,
    });
  if (type === 'TXT')
    return problem(relay, CODES[kind], {
      what: state === 'wrong' ? `the TXT record of ${name} is wrong` : `DNS has no TXT record for ${name}`,
      evidence: said,
      remedy: `${state === 'wrong' ? 'replace it in' : 'add it to'} the zone: ${recordText(set, value)}`,
    });
  return problem(relay, CODES[kind], {
    what: `DNS has no ${type} ${value} for ${name}`,
    evidence: said,
    remedy: `add it to the zone: ${recordText(set, value)}`,
  });
}

/** How a receiver judges the relay's mail by SPF, DKIM and DMARC. Pure. */
import { isPublished } from '../facts/dkim-keys.ts';
import { isDmarc, tagsOf } from '../facts/dmarc-record.ts';
import { dnsAnswer } from '../facts/lookup.ts';
import type { MailEvent } from '../facts/maillog.ts';
import { spfRecords } from '../facts/spf.ts';
import type { WaitingHeaders } from '../facts/waiting-headers.ts';
import { type Fleet, type Relay, relaysOf } from '../hosts/fleet.ts';
import { domainOf, isBelow } from '../tasks/neighbours.ts';
import type { HostFacts } from './host-facts.ts';
import { spfVerdict } from './spf.ts';

type Conclusion = 'pass' | 'fail' | 'none' | 'unknown';

/**
 * The verdict on the newest queued message, by its headers, and on the last one that was sent, whose headers are gone: the
 * text says what it is based on. Empty if the inventory uses neither DKIM nor DMARC.
 */
export function receiverText(relay: Relay, facts: HostFacts, fleet: Fleet): string {
  if (fleet.mail.dkim === null && fleet.mail.dmarc === null) return '';
  const waits = facts.waitingHeaders.at(-1);
  const sent = lastSender(facts.log, fleet);
  return [
    sent === null
      ? ''
      : `; a receiver of the last one, from ${sent}, concludes ${verdictText(ofSent(relay, facts, fleet, sent))}, by its log line and the keys in smtpd.conf`,
    waits === undefined
      ? ''
      : `; a receiver of ${waits.evpid}, which is queued, from ${waits.from ?? 'nobody'}, concludes ${verdictText(ofWaiting(relay, facts, fleet, waits))}, by its headers`,
  ].join('');
}

interface Verdicts {
  readonly spf: Conclusion;
  readonly dkim: Conclusion;
  /** `s1`; where the signature is another domain's than the header's, that too. */
  readonly signature: string | null;
  readonly dmarc: Conclusion;
  /** `reject`; null where DNS was not asked or has none. */
  readonly policy: string | null;
}

const verdictText = ({ spf, dkim, signature, dmarc, policy }: Verdicts): string =>
  `SPF ${spf}, DKIM ${dkim}${signature === null ? '' : ` (${signature})`}, DMARC ${dmarc}${policy === null ? '' : ` (policy ${policy})`}`;

/** By the sender of the envelope, which in mail of the fleet's own users is that of the header. */
function ofSent(relay: Relay, facts: HostFacts, fleet: Fleet, domain: string): Verdicts {
  const spf = spfOf(relay, facts, fleet, domain);
  const isSigned = facts.signing?.domains.includes(domain) ?? false;
  const selector = isSigned ? (facts.signing?.selector ?? null) : null;
  const dkim = selector === null ? 'none' : publishedOf(facts, selector, domain);
  return {
    spf,
    dkim,
    signature: selector,
    dmarc: dmarcOf([spf, dkim]),
    policy: dmarcRecord(facts, domain)?.get('p') ?? null,
  };
}

/** A bounce has no sender: SPF then asks about the name of HELO (RFC 7208, 2.4). */
function ofWaiting(relay: Relay, facts: HostFacts, fleet: Fleet, mail: WaitingHeaders): Verdicts {
  const envelope = mail.sender === '' ? relay.outbound.name : domainOf(mail.sender);
  const spf = spfOf(relay, facts, fleet, envelope);
  const signatures = mail.signatures.map(one => ({ ...one, result: publishedOf(facts, one.selector, one.domain) }));
  const record = mail.from === null ? null : dmarcRecord(facts, mail.from);
  const counts = (domain: string, mode: 'aspf' | 'adkim') =>
    record?.get(mode) === 's' ? domain === mail.from : isAligned(domain, mail.from, fleet.domains);
  const aligned = signatures.filter(one => counts(one.domain, 'adkim'));
  const best = aligned[0] ?? signatures[0];
  const counted = [...(counts(envelope, 'aspf') ? [spf] : []), ...aligned.map(one => one.result)];
  return {
    spf,
    dkim: best?.result ?? 'none',
    signature: best === undefined ? null : `${best.selector}${best.domain === mail.from ? '' : ` of ${best.domain}`}`,
    dmarc: dmarcOf(counted),
    policy: record?.get('p') ?? null,
  };
}

/** What passed, of what is aligned with the header. */
const dmarcOf = (aligned: readonly Conclusion[]): Conclusion =>
  aligned.includes('pass') ? 'pass' : aligned.includes('unknown') ? 'unknown' : 'fail';

/**
 * Alignment in relaxed mode, the default (RFC 7489, 3.1): both in one organisational domain. Everything below a domain of the inventory is;
 * without the list of public suffixes, of other domains one has to be a parent of the other.
 */
const isAligned = (one: string, from: string | null, domains: readonly string[]): boolean =>
  from !== null &&
  (isBelow(one, from) || isBelow(from, one) || domains.some(ours => isBelow(one, ours) && isBelow(from, ours)));

/** The tags of a domain's record. */
function dmarcRecord(facts: HostFacts, domain: string): ReadonlyMap<string, string> | null {
  const answer = facts.said(dnsAnswer('TXT', `_dmarc.${domain}`));
  const record = answer?.kind === 'records' ? answer.values.find(isDmarc) : undefined;
  return record === undefined ? null : tagsOf(record);
}

/** The mail domain that the last message to a server outside was from; null where there was none. */
function lastSender(log: readonly MailEvent[], fleet: Fleet): string | null {
  const ours = fleet.hosts.flatMap(host => (host.role === 'workstation' ? [] : [host.tunnel.address]));
  const senders = log.flatMap(event => {
    if (event.kind !== 'delivery' || event.agent !== 'mta' || event.result !== 'Ok') return [];
    const domain = domainOf(event.from);
    const isOutside = event.relay !== null && !ours.includes(event.relay);
    return isOutside && fleet.domains.includes(domain) ? [domain] : [];
  });
  return senders.at(-1) ?? null;
}

function spfOf(relay: Relay, facts: HostFacts, fleet: Fleet, domain: string): Conclusion {
  const answer = facts.said(dnsAnswer('TXT', domain));
  if (answer === null || answer.kind === 'unknown') return 'unknown';
  if (answer.kind === 'none') return 'none';
  const own = relaysOf(fleet).flatMap(({ mx }) => mx.map(({ address }) => address));
  const [record] = spfRecords(answer.values);
  const verdicts = relay.outbound.addresses.map(address => spfVerdict(record?.terms ?? null, address, own));
  if (verdicts.includes('fails')) return 'fail';
  if (verdicts.includes('no record')) return 'none';
  return verdicts.includes('unknown') ? 'unknown' : 'pass';
}

/** Whether DNS has the key that a signature names; of others' keys nothing is known. */
function publishedOf({ dkim }: HostFacts, selector: string, domain: string): Conclusion {
  const key = dkim?.keys.find(one => one.selector === selector);
  if (!dkim || !key) return 'unknown';
  const result = { yes: 'pass', no: 'fail', unknown: 'unknown' } as const;
  return result[isPublished(key, dkim.answer(selector, domain))];
}

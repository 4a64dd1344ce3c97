/** What a receiver concludes of the relay's mail, from DNS and from what the relay signs. Pure. */

import type { MailEvent } from '../facts/maillog.ts';
import { parseSpf } from '../facts/spf.ts';
import { type Fleet, type Relay, relaysOf } from '../hosts/fleet.ts';
import { isPublished } from '../tasks/dkim-state.ts';
import { dnsAnswer } from './dns.ts';
import type { Seen } from './seen.ts';
import { spfVerdict } from './spf.ts';

type Conclusion = 'pass' | 'fail' | 'none' | 'unknown';

/**
 * `; a receiver of the last one, from example.com, sees SPF pass, DKIM pass (s1), DMARC pass`, where the inventory speaks
 * of DKIM or DMARC. The sender is the envelope's, as the log has it: it is that of the header wherever the mail was
 * written by one of our own users.
 */
export function receiverText(relay: Relay, seen: Seen, fleet: Fleet): string {
  if (fleet.mail.dkim === null && fleet.mail.dmarc === null) return '';
  const domain = lastSender(seen.log, fleet);
  if (domain === null) return '';
  const [spf, dkim] = [spfOf(relay, seen, fleet, domain), dkimOf(seen, domain)];
  // Both are aligned: the envelope's domain and the signature's are the sender's own (RFC 7489, 3.1).
  const dmarc = [spf, dkim.result].includes('pass')
    ? 'pass'
    : [spf, dkim.result].includes('unknown')
      ? 'unknown'
      : 'fail';
  const selector = dkim.selector === null ? '' : ` (${dkim.selector})`;
  return `; a receiver of the last one, from ${domain}, sees SPF ${spf}, DKIM ${dkim.result}${selector}, DMARC ${dmarc}`;
}

/** The domain of ours that the last mail to somebody else was from; null where there was none. */
function lastSender(log: readonly MailEvent[], fleet: Fleet): string | null {
  const ours = fleet.hosts.flatMap(host => (host.role === 'workstation' ? [] : [host.tunnel.address]));
  const senders = log.flatMap(event => {
    if (event.kind !== 'delivery' || event.agent !== 'mta' || event.result !== 'Ok') return [];
    const domain = event.from.slice(event.from.lastIndexOf('@') + 1).toLowerCase();
    const isOutside = event.relay !== null && !ours.includes(event.relay);
    return isOutside && fleet.domains.includes(domain) ? [domain] : [];
  });
  return senders.at(-1) ?? null;
}

function spfOf(relay: Relay, seen: Seen, fleet: Fleet, domain: string): Conclusion {
  const answer = dnsAnswer(seen, 'TXT', domain);
  if (answer === null || answer.kind === 'unknown') return 'unknown';
  if (answer.kind === 'none') return 'none';
  const own = relaysOf(fleet).flatMap(({ mx }) => mx.map(({ address }) => address));
  const record = parseSpf(answer.values);
  const verdicts = relay.outbound.addresses.map(address => spfVerdict(record, address, own));
  if (verdicts.includes('fails')) return 'fail';
  if (verdicts.includes('no record')) return 'none';
  return verdicts.includes('unknown') ? 'unknown' : 'pass';
}

function dkimOf({ dkim, signing }: Seen, domain: string): { result: Conclusion; selector: string | null } {
  const key = dkim?.keys.find(({ selector }) => selector === signing?.selector);
  if (!dkim || !key || !signing?.domains.includes(domain)) return { result: 'none', selector: null };
  const published = isPublished(key, dkim.answer(key.selector, domain));
  const result = { yes: 'pass', no: 'fail', unknown: 'unknown' } as const;
  return { result: result[published], selector: key.selector };
}

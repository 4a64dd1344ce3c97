/** DMARC (RFC 7489): the records that an inventory wants, and what a record says. Pure. */
import { tagsIn } from '../facts/dkim-record.ts';
import type { Fleet } from '../hosts/fleet.ts';
import { domainOf, isBelow } from '../tasks/neighbours.ts';
import type { RecordSet } from './record-set.ts';

/** The records of one mail domain; none if the inventory has no mail.dmarc. */
export function dmarcSets(domain: string, fleet: Fleet): readonly RecordSet[] {
  const { dmarc } = fleet.mail;
  if (dmarc === null) return [];
  const subdomains = dmarc.subdomains === null ? '' : `; sp=${dmarc.subdomains}`;
  const mode = dmarc.alignment?.charAt(0);
  const alignment = mode === undefined ? '' : `; adkim=${mode}; aspf=${mode}`;
  const reports = dmarc.reports === null ? '' : `; rua=mailto:${dmarc.reports}`;
  const set = (kind: 'dmarc' | 'dmarc-reports', name: string, value: string): RecordSet => ({
    kind,
    type: 'TXT',
    name,
    wanted: [{ value, relay: null }],
    relay: null,
  });
  const far = dmarc.reports === null ? null : farDomain(domain, dmarc.reports);
  return [
    set('dmarc', `_dmarc.${domain}`, `v=DMARC1; p=${dmarc.policy}${subdomains}${alignment}${reports}`),
    ...(far === null ? [] : [set('dmarc-reports', `${domain}._report._dmarc.${far}`, 'v=DMARC1')]),
  ];
}

/** Receivers send reports to another domain only if that one publishes that it accepts them (RFC 7489, 7.1). */
function farDomain(domain: string, reports: string): string | null {
  const far = domainOf(reports);
  return isBelow(far, domain) || isBelow(domain, far) ? null : far;
}

/** The tags of a record; their names are in lower case. */
export const tagsOf = (text: string): ReadonlyMap<string, string> =>
  new Map(tagsIn(text).map(([name, value]) => [name.toLowerCase(), value]));

/** Whether a record has the policies, the alignment and the report address that are wanted; it may have more tags. */
export function saysDmarc(found: string, wanted: string): boolean {
  const [has, wants] = [tagsOf(found), tagsOf(wanted)];
  const addresses = (tags: ReadonlyMap<string, string>): readonly string[] =>
    (tags.get('rua') ?? '').split(',').map(uri =>
      uri
        .trim()
        .replace(/![0-9]+[kmgt]?$/i, '')
        .toLowerCase(),
    );
  const reports = addresses(wants).every(uri => uri === '' || addresses(has).includes(uri));
  // Without sp, subdomains have the policy of the domain (RFC 7489, 6.3).
  const policy = has.get('p')?.toLowerCase();
  const subdomains = has.get('sp')?.toLowerCase() ?? policy;
  // Without the tag, alignment is relaxed.
  const aligned = ['adkim', 'aspf'].every(
    tag => !wants.has(tag) || (has.get(tag)?.toLowerCase() ?? 'r') === wants.get(tag),
  );
  return aligned && policy === wants.get('p') && subdomains === (wants.get('sp') ?? subdomains) && reports;
}

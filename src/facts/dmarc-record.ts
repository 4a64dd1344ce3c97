/** DMARC records in DNS (RFC 7489, 6.3). */
import { tagsIn } from './dkim-record.ts';

/** Whether a TXT record is a DMARC record. */
export const isDmarc = (text: string): boolean => /^v=DMARC1\s*(;|$)/i.test(text);

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

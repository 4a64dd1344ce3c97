/** DKIM records in DNS (RFC 6376, 3.6.1). */

/** A DKIM key record (RFC 6376, 3.6.1). */
interface DkimRecord {
  readonly algorithm: string;
  /** Base64, without blanks; empty for a key that was revoked. */
  readonly key: string;
}

/** The tags of a record as DKIM and DMARC write them: `v=DMARC1; p=none`. */
export const tagsIn = (text: string): readonly (readonly [string, string])[] =>
  text.split(';').flatMap(part => {
    const [, name, value] = /^\s*([A-Za-z][A-Za-z0-9_]*)\s*=\s*([\s\S]*?)\s*$/.exec(part) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });

/** Null for text that is not a DKIM record. */
export function parseDkimRecord(text: string): DkimRecord | null {
  const tags = new Map(tagsIn(text).map(([name, value]) => [name, value.replaceAll(/\s+/g, '')]));
  const key = tags.get('p');
  if (key === undefined || (tags.get('v') ?? 'DKIM1') !== 'DKIM1') return null;
  return { algorithm: (tags.get('k') ?? 'rsa').toLowerCase(), key };
}

/** Whether a TXT record is a DKIM record. */
export const isDkim = (text: string): boolean => parseDkimRecord(text) !== null;

/** Whether two records are about the same key. */
export function sameDkimKey(one: string, other: string): boolean {
  const [a, b] = [parseDkimRecord(one), parseDkimRecord(other)];
  return a !== null && b !== null && a.algorithm === b.algorithm && a.key === b.key;
}

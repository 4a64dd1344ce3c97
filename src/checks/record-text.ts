/** A record as a line of a zone file (RFC 1035, 5.1): names in full, no TTL of its own. Pure. */
import { reverseName } from '../hosts/addresses.ts';
import type { RecordSet } from './record-set.ts';

/** `example.com. IN MX 10 mx1.example.com.` */
export const recordText = (set: Pick<RecordSet, 'type' | 'name'>, value: string): string =>
  `${ownerText(set)} IN ${set.type} ${valueText(set, value)}`;

/** The owner of a record, with its last dot: of a PTR record the name that stands for the address. */
export const ownerText = ({ type, name }: Pick<RecordSet, 'type' | 'name'>): string =>
  type === 'PTR' ? reverseName(name) : `${name}.`;

/** Every MX has the same preference: the inventory knows no order. */
export function valueText({ type }: Pick<RecordSet, 'type'>, value: string): string {
  if (type === 'MX') return `10 ${value}.`;
  if (type === 'PTR') return `${value}.`;
  return type === 'TXT' ? characterStrings(value) : value;
}

/** A character-string holds 255 bytes at most; receivers join adjacent ones. */
const characterStrings = (text: string): string =>
  (text.match(/[\s\S]{1,255}/g) ?? ['']).map(part => `"${part.replaceAll(/["\\]/g, '\\$&')}"`).join(' ');

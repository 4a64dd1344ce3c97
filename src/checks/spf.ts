/** Whether a domain's SPF record (RFC 7208) allows an address, as far as the record alone tells. Pure. */
import type { SpfTerm } from '../facts/spf.ts';
import { familyOf, isInRange } from '../hosts/addresses.ts';

/** `unknown`: it depends on other records that were not asked for. */
type SpfVerdict = 'passes' | 'fails' | 'unknown' | 'no record';

/** @param record its terms; null for none. @param own addresses that the domain's `a` and `mx` are known to mean. */
export function spfVerdict(record: readonly SpfTerm[] | null, address: string, own: readonly string[]): SpfVerdict {
  if (record === null) return 'no record';
  let open = false;
  for (const { qualifier, name, value } of record) {
    if (name === 'ip4' || name === 'ip6') {
      if (isInRange(address, value)) return qualifier === '+' ? 'passes' : 'fails';
    } else if ((name === 'a' || name === 'mx') && own.includes(address)) return 'passes';
    else if (name === 'all') return open || qualifier === '+' || qualifier === '?' ? 'unknown' : 'fails';
    else open = true;
  }
  return 'unknown';
}

/** The mechanism that allows one address: `ip6:2001:db8::1`. */
export const senderWord = (address: string): string => `${familyOf(address) === 6 ? 'ip6' : 'ip4'}:${address}`;

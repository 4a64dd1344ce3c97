/** The MX names of the relay's addresses, as `mailtun init` writes them. Pure. */

import { familyOf } from '../hosts/addresses.ts';
import type { Named } from '../hosts/fleet.ts';
import { quoted } from '../hosts/inventory/errors.ts';
import type { Complaint } from '../hosts/inventory/formats.ts';
import { A_NAME_EACH } from '../hosts/inventory/site.ts';

const means = (one: Named, other: Named): boolean =>
  one.name.toLowerCase() === other.name.toLowerCase() && familyOf(one.address) === familyOf(other.address);

/**
 * Assigns the names to the addresses in their order; further addresses are for outbound mail only. A single name gets one
 * address of each family.
 */
export function mxOf(names: readonly string[], addresses: readonly string[]): readonly Named[] {
  const [only] = names.length === 1 ? names : [];
  const all = addresses.flatMap((address, index) => {
    const name = names[index] ?? only;
    return name === undefined ? [] : [{ name, address }];
  });
  return all.filter((one, index) => index < names.length || all.findIndex(other => means(one, other)) === index);
}

/** What is wrong with names that are valid individually. */
export function mxWrong(names: readonly string[], addresses: readonly string[]): Complaint | null {
  if (names.length > addresses.length) {
    const what = `${names.length} names, and ${addresses.length} of the relay's addresses`;
    return { what, remedy: 'write one for each address' };
  }
  const all = mxOf(names, addresses);
  const twin = all.find((one, index) => all.slice(0, index).some(other => means(one, other)));
  if (twin === undefined) return null;
  const what = `${quoted(twin.name)} has several IPv${familyOf(twin.address)} addresses`;
  return { what, remedy: A_NAME_EACH };
}

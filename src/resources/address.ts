import { ADDRESSES } from '../facts/interfaces.ts';
import { Failure } from '../run/failure.ts';
import type { Resource } from '../run/resource.ts';

/**
 * An address that has to be on the host already: smtpd exits if one is missing, and `smtpd -n` does not notice.
 * @param remedy what to do about it, depending on the addresses that the host has.
 */
export const address = (
  host: string,
  wanted: string,
  purpose: string,
  remedy: (has: readonly string[]) => string,
): Resource => ({
  id: `address ${wanted}`,
  questions: [ADDRESSES],
  judge(observed) {
    const has = observed.get(ADDRESSES).map(one => one.address);
    if (has.includes(wanted)) return null;
    throw new Failure(`${wanted} (${purpose}) is not on any of its interfaces`, host, remedy(has));
  },
});

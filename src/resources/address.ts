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
    const all = observed.get(ADDRESSES);
    const here = all.filter(one => one.routingDomain === undefined);
    const has = here.filter(one => !one.duplicated).map(one => one.address);
    if (has.includes(wanted)) return null;
    if (here.some(one => one.address === wanted))
      throw new Failure(
        'address-missing',
        `${wanted} (${purpose}) is also the address of another machine, so nothing on ${host} can use it`,
        host,
        duplicateRemedy(host, wanted),
      );
    const elsewhere = all.find(one => one.address === wanted);
    if (elsewhere)
      throw new Failure(
        'routing-domain-wrong',
        `${wanted} (${purpose}) is on an interface in routing domain ${elsewhere.routingDomain}, where smtpd does not run`,
        host,
        'remove rdomain from hostname.if(5) of that interface, or use another address in the inventory',
      );
    throw new Failure('address-missing', `${wanted} (${purpose}) is not on any of its interfaces`, host, remedy(has));
  },
});

/** Duplicate address detection is made again when the address is set again (in6_update_ifa() in in6.c). */
export const duplicateRemedy = (host: string, wanted: string): string =>
  `take ${wanted} away from the other machine, or use another address; then on ${host} run sh /etc/netstart with its interface`;

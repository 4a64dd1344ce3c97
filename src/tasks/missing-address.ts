import { familyOf, isPrivate } from '../hosts/addresses.ts';

/** Behind a 1:1 NAT the public address is the provider's and does not belong on an interface of the host. */
export function missingAddressRemedy(host: string, wanted: string, has: readonly string[]): string {
  const inside = has.find(one => familyOf(one) === 4 && isPrivate(one));
  if (familyOf(wanted) !== 4 || isPrivate(wanted) || inside === undefined || has.some(isPublic4))
    return `on ${host} add it to hostname.if(5) of its interface and run sh /etc/netstart with that interface, or correct the inventory`;
  return `${host} has ${inside}: where the provider translates ${wanted} to it (1:1 NAT), write ${inside} in the inventory under mx and outbound, and leave ${wanted} to DNS and endpoint; else add it to hostname.if(5) and run sh /etc/netstart`;
}

const isPublic4 = (address: string): boolean =>
  familyOf(address) === 4 && !isPrivate(address) && !address.startsWith('127.');

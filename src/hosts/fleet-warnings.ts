import { familyOf } from './addresses.ts';
import { type Fleet, relaysOf } from './fleet.ts';

/** Warnings about a valid inventory: one sentence each, with a remedy. */
export const warningsOf = (fleet: Fleet): readonly string[] => [
  ...withoutPostmaster(fleet),
  ...relaysOf(fleet)
    .filter(relay => !relay.outbound.addresses.some(address => familyOf(address) === 4))
    .map(
      relay =>
        `${relay.name} has no IPv4 address for outbound mail: mail for hosts without IPv6 stays in its queue; add one to outbound.addresses`,
    ),
  ...(fleet.mail.tls
    ? []
    : ['mail.tls is off: mail goes through the tunnel in plain SMTP; remove this setting once mail flows']),
];

/** RFC 5321, 4.5.1: every domain accepts mail for its postmaster. */
function withoutPostmaster({ domains, mail, hosts }: Fleet): string[] {
  const postmasters = mail.recipients.filter(({ local }) => local === 'postmaster');
  const served = (host: string): readonly string[] => {
    const found = hosts.find(({ name }) => name === host);
    const gateway = found?.role === 'workstation' ? hosts.find(({ name }) => name === found.gateway) : found;
    return gateway?.role === 'gateway' ? gateway.domains : [];
  };
  const covered = postmasters.flatMap(({ domain, host }) => (domain === null ? served(host) : [domain]));
  return domains
    .filter(domain => !covered.includes(domain))
    .map(domain => `${domain} has no postmaster, which RFC 5321 requires: add postmaster to mail.recipients`);
}

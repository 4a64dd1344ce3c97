/** Names and addresses as smtpd.conf(5) wants them. */

/** A part of a table's name. */
export const word = (name: string): string => name.replaceAll(/[^a-z0-9]/gi, '_').toLowerCase();

/** The values of a table in place. */
export const quoted = (addresses: readonly string[]): string => addresses.map(address => `"${address}"`).join(', ');

/** As the recorded files write it: an IPv6 address in brackets and quotes. */
export const source = (address: string): string => (address.includes(':') ? `"[${address}]"` : address);

/** Refused at once; it would leave the relay for the MX of the domain, which is the relay. */
export const nobodyElse = (domain: string): string => `match from any for domain "${domain}" reject`;

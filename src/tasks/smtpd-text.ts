/** Names and addresses as smtpd.conf(5) wants them. */
import { inetOf } from '../facts/address-family.ts';

/** A part of a table's name. */
export const word = (name: string): string => name.replaceAll(/[^a-z0-9]/gi, '_').toLowerCase();

/** The values of a table in place. */
export const quoted = (addresses: readonly string[]): string => addresses.map(address => `"${address}"`).join(', ');

/** An address after `src`: IPv6 in brackets and quotes (recordings). */
export const source = (address: string): string => (inetOf(address) === 'inet6' ? `"[${address}]"` : address);

/** Refuses all other recipients of a domain; their mail would be relayed to the MX of the domain, which is the relay itself. */
export const nobodyElse = (domain: string): string => `match from any for domain "${domain}" reject`;

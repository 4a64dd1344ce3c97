/**
 * Conditions of smtpd.conf(5) by which a hop identifies senders: by the listener, which requires a certificate or a password, or
 * which only wg(4) peers can reach. The source address does not identify a host, because the kernel chooses it. Pure.
 */
import { shortAddress } from '../hosts/addresses.ts';
import type { Relay } from '../hosts/fleet.ts';
import type { From, Takes } from './hops.ts';
import { source } from './smtpd-text.ts';

/** The tag of a listener in the LAN, if only neighbours can use that. */
export const lanTag = (from: From): string => (from === 'anywhere' ? ' tag lan' : '');

/**
 * The conditions of rules for mail of the LAN's neighbours. `! from local`, for what smtpd itself makes of such a mail by
 * aliases(5) or forward(5) keeps the listener's tag (ruleset.c).
 */
export const fromLan = (from: From): readonly string[] =>
  from === 'anywhere' ? ['tag lan ! from local'] : [...from].map(address => `from src ${source(address)}`);

/** Of an action, where it is bound to an address: `src 10.0.0.2 `. */
export const bound = (address: string | null | undefined): string => (address ? `src ${address} ` : '');

/**
 * The condition of a relay's rule for the gateways. `match auth` alone would be true for everything local, bounces included
 * (smtp_session.c). Without TLS it is the tunnel's network: no peer can use an address that is not its own (wg(4)).
 */
export const fromTunnel = ({ tunnel }: Relay, takes: Takes | undefined): string =>
  takes === 'tls'
    ? 'tag tunnel ! from local'
    : `tag tunnel from src "${shortAddress(tunnel.address)}/${tunnel.prefixLength}"`;

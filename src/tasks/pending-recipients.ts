/**
 * Recipients of a new domain that a relay cannot accept yet: a rule of smtpd.conf(5) can only refuse them for good, and what
 * the relay itself sends to them, where the domain's MX is the relay, would be sent to it again and again until it is lost. A
 * filter asks both to come back. Pure.
 */
import type { Relay } from '../hosts/fleet.ts';
import { hopsOf, routeFor, type View, wantedHops } from './hops.ts';
import { domainOf } from './neighbours.ts';
import { quoted } from './smtpd-text.ts';

/** The name of the filter. */
export const PENDING = 'pending';

/** What is declared above the listeners; empty where everything is accepted. A filter sees `<address>` (smtp_session.c). */
export function pendingFilter(relay: Relay, fleet: View): readonly string[] {
  const patterns = pendingPatterns(relay, fleet);
  return patterns.length === 0
    ? []
    : [
        `filter "${PENDING}" phase rcpt-to match rcpt-to regex { ${quoted(patterns)} } reject "450 4.3.2 Not accepted yet: try again later"`,
      ];
}

/** Of the domains of which not everybody else is refused either. */
function pendingPatterns(relay: Relay, fleet: View): readonly string[] {
  const { routes, refuses } = hopsOf(relay, fleet);
  const wanted = [...wantedHops(relay, fleet).routes.keys()];
  return fleet.domains.flatMap(domain => {
    const all = refuses.has(domain) ? [] : wanted.filter(address => domainOf(address) === domain);
    const missing = all.filter(address => routeFor(address, routes) === undefined);
    return missing.length < all.length ? missing.map(ofAddress) : all.length > 0 ? [ending(`@${domain}`)] : [];
  });
}

/** With or without a tag (smtpd.conf(5), sub-addr-delim). */
function ofAddress(address: string): string {
  const at = address.lastIndexOf('@');
  return `^<?${escaped(address.slice(0, at))}([+][^@]*)?${ending(address.slice(at))}`;
}

const ending = (text: string): string => `${escaped(text)}(>|$)`;

/** As a regular expression that needs no backslash. */
const escaped = (text: string): string => text.replaceAll(/[^\w@-]/g, one => (one === '^' ? '.' : `[${one}]`));

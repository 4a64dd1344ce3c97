/**
 * smtpd.conf(5) for each role. They are based on three files that worked on running machines; what differs from
 * the article is in docs/facts.md: every hop of the tunnel and the LAN requires TLS and verifies both sides,
 * so a fault leaves mail queued. A host may
 * have the domain's name (myname(5), mailname in smtpd.conf(5)), so recipients are matched before what is local.
 */
import { gatewaysOf, type Host, type Relay } from '../hosts/fleet.ts';
import { MARKED } from '../resources/file.ts';
import { conf } from './conf.ts';
import { common, inbound, maildir, ownMail, pkiLines, RELAY_OUT } from './conf-parts.ts';
import { SECRETS } from './credentials.ts';
import { gatewayConf } from './gateway-conf.ts';
import { addressesTo, hopsOf, restTo, type View } from './hops.ts';
import { domainsIn } from './neighbours.ts';
import { includeOf } from './own-lines.ts';
import { pendingFilter } from './pending-recipients.ts';
import { destinations, refusing, retiringFilter } from './retiring.ts';
import { nothingShown, type Pki, type Shown, selfSignedPki, vouchedPki } from './shown-certificates.ts';
import { type Signing, signingFilter } from './smtpd-dkim.ts';
import { relayFilters } from './smtpd-filters.ts';
import { fromTunnel } from './smtpd-senders.ts';
import { nobodyElse, quoted, word } from './smtpd-text.ts';
import { authenticating, listening, scheme, verifying } from './smtpd-tls.ts';
import { VPN_CA } from './trust.ts';
import { workstationConf } from './workstation-conf.ts';

/** @param shown which names of relays are shown with a certificate that a certificate authority vouches for. */
export function smtpdConf(host: Host, fleet: View, shown = nothingShown, signing: Signing | null = null): string {
  if (host.role === 'relay') return relayConf(host, fleet, shown, signing);
  return host.role === 'gateway' ? gatewayConf(host, fleet, shown) : workstationConf(host, fleet);
}

function relayConf(relay: Relay, fleet: View, shown: Shown, signing: Signing | null): string {
  const { sends, takes, refuses } = hopsOf(relay, fleet);
  const tls = takes.tunnel !== 'plain' || [...sends.values()].includes('tls');
  const gateways = gatewaysOf(fleet);
  const served = gateways.filter(gateway => addressesTo(gateway, relay, fleet).length > 0);
  const [tunnel, smtp] = [relay.tunnel.name, relay.outbound.name];
  const names = [...new Set([...(tls ? [tunnel, smtp] : []), ...relay.mx.map(mx => mx.name)])];
  const filters = relayFilters(relay, pendingFilter(relay, fleet), signing && signingFilter(signing));
  const pki = (name: string): Pki => (shown(relay, name) ? vouchedPki(relay, name) : selfSignedPki(name));
  return conf`
    ${MARKED}
    ${common(relay, fleet)}
    ${tls ? `table secrets file:${SECRETS}` : []}
    table sources { ${relay.outbound.addresses.join(', ')} }
    ${served.map(gateway => `table recipients_${word(gateway.name)} { ${quoted(addressesTo(gateway, relay, fleet))} }`)}
    ${names.map(name => pkiLines(name, pki(name)))}
    ${tls ? `ca vpnca cert "${VPN_CA}"` : []}
    ${filters.statements}

    ${filters.inbound === refusing(relay) ? retiringFilter(relay) : []}
    listen on ${relay.tunnel.address} ${listening(takes.tunnel, smtp, 'vpnca')}hostname ${smtp} mask-src${authenticating(takes.tunnel)} tag tunnel${filters.outbound}
    ${relay.mx.map(mx => `listen on ${mx.address} tls pki ${mx.name} hostname ${mx.name} no-dsn${filters.inbound}`)}

    action "local_mail" maildir "${maildir(fleet)}" alias <aliases>
    ${destinations(gateways, gateway => served.includes(gateway) || restTo(gateway, relay, fleet).length > 0).map(gateway => `action "${inbound(gateway)}" relay ${verifying(sends.get(gateway.name), 'ca vpnca ', tunnel)}host ${scheme(sends.get(gateway.name))}${gateway.tunnel.name}`)}
    action "${RELAY_OUT}" relay helo ${smtp} src <sources>

    ${includeOf(relay)}

    ${served.flatMap(gateway => domainsIn(addressesTo(gateway, relay, fleet), gateway.domains).map(domain => `match from any for domain "${domain}" rcpt-to <recipients_${word(gateway.name)}> action "${inbound(gateway)}"`))}
    ${gateways.flatMap(gateway => restTo(gateway, relay, fleet).map(domain => `match from any for domain "${domain}" action "${inbound(gateway)}"`))}
    match from local for local action "local_mail"
    ${fleet.domains.filter(domain => refuses.has(domain)).map(nobodyElse)}
    match ${fromTunnel(relay, takes.tunnel)} for any action "${RELAY_OUT}"
    ${ownMail(fleet, RELAY_OUT)}
  `;
}

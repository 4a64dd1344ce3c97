/**
 * smtpd.conf(5) for each role. They grew from the three files that carried mail on running machines; what differs from
 * the article is in chapter 13 of the facts: every hop of the tunnel and the LAN requires TLS and verifies both sides,
 * so a fault leaves mail queued. A host may
 * bear the domain's name (myname(5), mailname in smtpd.conf(5)), so recipients are matched before what is local.
 */
import {
  type Fleet,
  type Gateway,
  gatewaysOf,
  type Host,
  type Relay,
  relaysOf,
  type Workstation,
  workstationsOf,
} from '../hosts/fleet.ts';
import { marked } from '../resources/file.ts';
import { ALIASES, RECIPIENTS } from './aliases.ts';
import { conf } from './conf.ts';
import { SECRETS } from './credentials.ts';
import { addressesThrough, addressesTo, deliveriesOf, domainsIn, hopsOf, restTo, type View } from './hops.ts';
import { credentialUser, gatewayOf } from './neighbours.ts';
import { includeOf } from './own-lines.ts';
import { destinations, refusing, retiringFilter, staying } from './retiring.ts';
import { nothingShown, type Pki, type Shown, selfSignedPki, vouchedPki } from './shown-certificates.ts';
import { type Signing, signingFilter } from './smtpd-dkim.ts';
import { relayFilters } from './smtpd-filters.ts';
import { bound, fromLan, fromTunnel, lanTag } from './smtpd-senders.ts';
import { nobodyElse, quoted, word } from './smtpd-text.ts';
import { authenticating, listening, plain, scheme, verifying } from './smtpd-tls.ts';
import { LAN_CA, VPN_CA } from './trust.ts';

/** @param shown which names of relays are shown with a certificate that a certificate authority vouches for. */
export function smtpdConf(host: Host, fleet: View, shown = nothingShown, signing: Signing | null = null): string {
  if (host.role === 'relay') return relayConf(host, fleet, shown, signing);
  return host.role === 'gateway' ? gatewayConf(host, fleet, shown) : workstationConf(host, fleet);
}

function relayConf(relay: Relay, fleet: View, shown: Shown, signing: Signing | null): string {
  const { sends, takes } = hopsOf(relay, fleet);
  const tls = takes.tunnel !== 'plain' || [...sends.values()].includes('tls');
  const gateways = gatewaysOf(fleet);
  const served = gateways.filter(gateway => addressesTo(gateway, relay, fleet).length > 0);
  const [tunnel, smtp] = [relay.tunnel.name, relay.outbound.name];
  const names = [...new Set([...(tls ? [tunnel, smtp] : []), ...relay.mx.map(mx => mx.name)])];
  const filters = relayFilters(relay, signing && signingFilter(signing));
  const pki = (name: string): Pki => (shown(relay, name) ? vouchedPki(relay, name) : selfSignedPki(name));
  return conf`
    ${marked()}
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
    action "relay_out" relay helo ${smtp} src <sources>

    ${includeOf(relay)}

    ${served.flatMap(gateway => domainsIn(addressesTo(gateway, relay, fleet), gateway.domains).map(domain => `match from any for domain "${domain}" rcpt-to <recipients_${word(gateway.name)}> action "${inbound(gateway)}"`))}
    ${gateways.flatMap(gateway => restTo(gateway, relay, fleet).map(domain => `match from any for domain "${domain}" action "${inbound(gateway)}"`))}
    match from local for local action "local_mail"
    ${fleet.domains.map(nobodyElse)}
    match ${fromTunnel(relay, takes.tunnel)} for any action "relay_out"
    ${ownMail(fleet, 'relay_out')}
  `;
}

function gatewayConf(gateway: Gateway, fleet: View, shown: Shown): string {
  const { routes, sends, takes, users, from, senders, binds } = hopsOf(gateway, fleet);
  const relaysLeft = staying(relaysOf(fleet));
  const out_ = relaysLeft.map(relay => sends.get(relay.name)).at(0);
  const tls = out_ === 'tls';
  const stations = workstationsOf(fleet, gateway);
  const lan = stations.length > 0 ? gateway.lan : null;
  const [tunnel, out] = [gateway.tunnel.name, OUTBOUND];
  const user = [...users][0] ?? credentialUser(gateway, fleet);
  const delivering = [gateway, ...stations].filter(host => addressesTo(host, gateway, fleet).length > 0);
  const domains = domainsIn([...routes.keys()], gateway.domains);
  const own = delivering.includes(gateway);
  const isNamed = (one: Workstation): boolean => delivering.includes(one) || restTo(one, gateway, fleet).length > 0;
  const vouched = relaysLeft.map(relay => shown(relay, relay.outbound.name));
  // An action has one authority. While relays differ in theirs, only those that it can verify are used.
  const verifiable = relaysLeft.filter((_, index) => !tls || vouched[index] === vouched[0]);
  const relays = verifiable.map(relay => `${scheme(out_)}${tls ? `${user}@` : ''}${relay.outbound.name}`);
  const authority = vouched[0] ? '' : 'ca vpnca ';
  const lanTls = lan !== null && (takes.lan !== 'plain' || stations.some(one => sends.get(one.name) === 'tls'));
  const tunnelTls = takes.tunnel !== 'plain' || tls;
  return conf`
    ${marked()}
    ${common(gateway, fleet)}
    ${tls ? `table secrets file:${SECRETS}` : []}
    ${own ? `table recipients file:${RECIPIENTS}` : []}
    ${delivering.map(host => `table recipients_${word(host.name)} { ${quoted(addressesTo(host, gateway, fleet))} }`)}
    ${relays.length > 1 ? `table relays { ${relays.map(relay => `"${relay}"`).join(', ')} }` : []}
    ${[...(tunnelTls ? [tunnel] : []), ...(lan && lanTls ? [lan.name] : [])].map(name => pkiLines(name, selfSignedPki(name)))}
    ${tunnelTls ? `ca vpnca cert "${VPN_CA}"` : []}
    ${lanTls ? `ca lanca cert "${LAN_CA}"` : []}

    ${retiringFilter(gateway)}
    listen on ${gateway.tunnel.address} ${listening(takes.tunnel, tunnel, 'vpnca')}hostname ${plain(tunnel)}${refusing(gateway)}
    ${lan ? `listen on ${lan.address} ${listening(takes.lan, lan.name, 'lanca')}hostname ${plain(lan.name)} mask-src${lanTag(from)}` : []}

    action "local_mail" maildir "${maildir(fleet)}" alias <aliases>
    ${own ? `action "${DELIVER}" maildir "${maildir(fleet)}" virtual <recipients>` : []}
    action "${out}" relay ${verifying(out_, authority, tunnel)}host ${relays.length > 1 ? '<relays>' : relays}${tls ? ' auth <secrets>' : ''}
    ${lan ? destinations(stations, isNamed).map(station => `action "${forward(station)}" relay ${verifying(sends.get(station.name), 'ca lanca ', lan.name)}${bound(binds.get(station.name))}host ${scheme(sends.get(station.name))}${station.lan.name}`) : []}

    ${includeOf(gateway)}

    ${domains.flatMap(domain => delivering.map(host => `match from any for domain "${domain}" rcpt-to <recipients_${word(host.name)}> action "${host.role === 'workstation' ? forward(host) : DELIVER}"`))}
    ${lan ? stations.flatMap(station => restTo(station, gateway, fleet).map(domain => `match from any for domain "${domain}" action "${forward(station)}"`)) : []}
    ${['from local', ...fromLan(from)].flatMap(one => localMail(one, lan?.name))}
    ${stations.map(station => `match from local for domain "${station.lan.name}" ${destinations([station], isNamed).length > 0 ? `action "${forward(station)}"` : 'reject'}`)}
    ${gateway.domains.map(nobodyElse)}
    ${fromLan(from).flatMap(one => [...new Set([...gateway.domains, ...senders])].map(domain => `match ${one} for any mail-from regex "@${domain.replaceAll('.', '[.]')}$" action "${out}"`))}
    ${ownMail(fleet, out)}
    ${bouncesSent(fleet) ? fromLan(from).map(one => `match ${one} for any mail-from regex "^@?$" action "${out}"`) : []}
  `;
}

function workstationConf(station: Workstation, fleet: View): string {
  const { routes, sends, takes, from, binds } = hopsOf(station, fleet);
  const gateway = gatewayOf(station, fleet);
  const sending = sends.get(gateway.name);
  const tls = takes.lan !== 'plain' || sending === 'tls';
  const domains = domainsIn([...routes.keys()], gateway.domains);
  if (!gateway.lan) throw new Error(`${gateway.name} has no name in the LAN of ${station.name}`);
  const own = deliveriesOf(station, fleet).length > 0;
  return conf`
    ${marked()}
    ${common(station, fleet)}
    ${own ? `table recipients file:${RECIPIENTS}` : []}
    table addresses { ${quoted(addressesThrough(gateway, fleet))} }
    ${tls ? pkiLines(station.lan.name, selfSignedPki(station.lan.name)) : []}
    ${tls ? `ca lanca cert "${LAN_CA}"` : []}

    ${retiringFilter(station)}
    listen on ${station.lan.address} ${listening(takes.lan, station.lan.name, 'lanca')}hostname ${plain(station.lan.name)}${lanTag(from)}${refusing(station)}
    listen on socket

    action "local_mail" maildir "${maildir(fleet)}" alias <aliases>
    ${own ? `action "${DELIVER}" maildir "${maildir(fleet)}" virtual <recipients>` : []}
    action "${OUTBOUND}" relay ${verifying(sending, 'ca lanca ', station.lan.name)}${bound(binds.get(gateway.name))}host ${scheme(sending)}${gateway.lan.name}

    ${includeOf(station)}

    ${own ? fromLan(from).flatMap(one => domains.map(domain => `match ${one} for domain "${domain}" action "${DELIVER}"`)) : []}
    ${gateway.domains.map(domain => `match from local for domain "${domain}" rcpt-to <addresses> action "${OUTBOUND}"`)}
    ${['from local', ...fromLan(from)].flatMap(one => localMail(one, station.lan.name))}
    match from local for any action "${OUTBOUND}"
  `;
}

const common = ({ role }: Host, fleet: Fleet): readonly string[] => [
  ...(fleet.mail.tls
    ? []
    : ['# WARNING: mail.tls is off. Nothing but the tunnel protects this mail, and nobody has to authenticate.']),
  `queue ttl ${fleet.mail.queueTtl}`,
  // A mail grows with each hop: what the relay has taken, up to smtpd's 35M, nobody behind it may find too large.
  ...(role === 'relay' ? [] : ['smtp max-message-size 36M']),
  ...(bouncesSent(fleet) && fleet.mail.bounces.warnIntervals.length > 0
    ? [`bounce warn-interval ${fleet.mail.bounces.warnIntervals.join(', ')}`]
    : []),
  `table aliases file:${ALIASES}`,
];

const bouncesSent = (fleet: Fleet): boolean => fleet.mail.bounces.mode === 'send';

const pkiLines = (name: string, { cert, key }: Pki): string =>
  `pki ${plain(name)} cert "${cert}"\npki ${plain(name)} key "${key}"`;

const maildir = (fleet: Fleet): string => `%{user.directory}/${fleet.mail.maildir}/`;
// Queued mail keeps these names: each says what smtpd connects to, and neither an order, a domain nor what the inventory
// calls a host has a part in it.
const inbound = (gateway: Gateway): string => `relay_in_${gateway.tunnel.name}`;
const forward = (station: Workstation): string => `forward_to_${station.lan.name}`;
const OUTBOUND = 'outbound';
const DELIVER = 'deliver_to_recipients';

/** The name that the neighbours know, too: smtpd takes nothing but the host's own for local (smtpd.conf(5)). */
const localMail = (from: string, lan?: string): readonly string[] =>
  ['local', ...(lan === undefined ? [] : [`domain "${lan}"`])].map(
    name => `match ${from} for ${name} action "local_mail"`,
  );

/**
 * What a host itself sends, be it to the outside by an alias of the admin's own. A bounce has no sender, which smtpd
 * matches as `@`.
 */
const ownMail = (fleet: Fleet, out: string): string =>
  `match from local for any ${bouncesSent(fleet) ? '' : 'mail-from regex "[^@]" '}action "${out}"`;

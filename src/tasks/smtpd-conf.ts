/**
 * smtpd.conf(5) for each role. They grew from the three files that carried mail on running machines; what differs from
 * the article is in chapter 13 of the facts: every hop of the tunnel and the LAN requires TLS and verifies both sides,
 * so a fault leaves mail queued. Action names are stored with queued mail (facts 4.4): they never change.
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
import { certificatePath, keyPath } from '../resources/certificate.ts';
import { marked } from '../resources/file.ts';
import { ALIASES, RECIPIENTS } from './aliases.ts';
import { SECRETS } from './credentials.ts';
import { addressesOf, credentialUser, gatewayOf, recipientsOf } from './neighbours.ts';
import { LAN_CA, VPN_CA } from './trust.ts';

/** Where the certificate and the key of a name are. */
export type PkiPaths = (name: string) => { readonly cert: string; readonly key: string };

export const smtpdConf = (host: Host, fleet: Fleet, pki: PkiPaths = selfSignedPaths): string =>
  host.role === 'relay'
    ? relayConf(host, fleet, pki)
    : host.role === 'gateway'
      ? gatewayConf(host, fleet)
      : workstationConf(host, fleet);

export const selfSignedPaths: PkiPaths = name => ({ cert: certificatePath(name), key: keyPath(name) });

function relayConf(relay: Relay, fleet: Fleet, paths: PkiPaths): string {
  const gateways = gatewaysOf(fleet);
  const [tunnel, smtp] = [relay.tunnel.name, relay.outbound.name];
  const names = [...new Set([tunnel, smtp, ...relay.mx.map(mx => mx.name)])];
  return conf`
    ${marked()}
    ${common(fleet)}
    table secrets file:${SECRETS}
    table sources { ${relay.outbound.addresses.join(', ')} }
    ${gateways.map(gateway => `table recipients_${word(gateway.name)} { ${inboundAddresses(gateway, fleet)} }`)}
    ${names.map(name => pkiLines(name, paths(name)))}
    ca vpnca cert "${VPN_CA}"

    listen on ${relay.tunnel.address} tls-require verify pki ${smtp} ca vpnca hostname ${smtp} mask-src auth <secrets>
    ${relay.mx.map(mx => `listen on ${mx.address} tls pki ${mx.name} hostname ${mx.name} no-dsn`)}

    action "local_mail" maildir "${maildir(fleet)}" alias <aliases>
    ${gateways.map((gateway, index) => `action "${inbound(gateway, index)}" relay tls ca vpnca pki ${tunnel} host smtp+tls://${gateway.tunnel.name}`)}
    action "relay_out" relay helo ${smtp} src <sources>

    match from local for local action "local_mail"
    ${gateways.flatMap((gateway, index) => gateway.domains.map(domain => `match from any for domain "${domain}" rcpt-to <recipients_${word(gateway.name)}> action "${inbound(gateway, index)}"`))}
    ${gateways.map(gateway => `match from src ${source(gateway.tunnel.address)} for any action "relay_out"`)}
    ${fleet.mail.bounces.mode === 'send' ? 'match from local for any action "relay_out"' : []}
  `;
}

function gatewayConf(gateway: Gateway, fleet: Fleet): string {
  const stations = workstationsOf(fleet, gateway);
  const lan = stations.length > 0 ? gateway.lan : null;
  const [tunnel, out] = [gateway.tunnel.name, outbound(gateway)];
  const user = credentialUser(gateway, fleet);
  const own = recipientsOf(gateway, fleet).some(to => to.host === gateway.name);
  const relays = relaysOf(fleet).map(relay => `smtp+tls://${user}@${relay.outbound.name}`);
  const authority = relaysOf(fleet).every(relay => relay.certificates.kind === 'self_signed') ? 'ca vpnca ' : '';
  return conf`
    ${marked()}
    ${common(fleet)}
    table secrets file:${SECRETS}
    ${own ? `table recipients file:${RECIPIENTS}` : []}
    ${stations.map(station => `table recipients_${word(station.name)} { ${stationAddresses(gateway, station, fleet)} }`)}
    ${relays.length > 1 ? `table relays { ${relays.map(relay => `"${relay}"`).join(', ')} }` : []}
    ${[tunnel, ...(lan ? [lan.name] : [])].map(name => pkiLines(name, selfSignedPaths(name)))}
    ca vpnca cert "${VPN_CA}"
    ${lan ? `ca lanca cert "${LAN_CA}"` : []}

    listen on ${gateway.tunnel.address} tls-require verify pki ${tunnel} ca vpnca hostname ${tunnel}
    ${lan ? `listen on ${lan.address} tls-require verify pki ${lan.name} ca lanca hostname ${lan.name} mask-src` : []}

    action "local_mail" maildir "${maildir(fleet)}" alias <aliases>
    ${own ? `action "${local(gateway)}" maildir "${maildir(fleet)}" virtual <recipients>` : []}
    action "${out}" relay tls ${authority}pki ${tunnel} host ${relays.length > 1 ? '<relays>' : relays} auth <secrets>
    ${lan ? stations.map(station => `action "${forward(station)}" relay tls ca lanca pki ${lan.name} host smtp+tls://${station.lan.name}`) : []}

    match from local for local action "local_mail"
    ${stations.map(station => `match from local for domain "${station.lan.name}" action "${forward(station)}"`)}
    ${stations.map(station => `match from src ${source(station.lan.address)} for local action "local_mail"`)}
    ${gateway.domains.flatMap(domain => [
      ...(own && stations.length === 0 ? [`match from any for domain "${domain}" action "${local(gateway)}"`] : []),
      ...stations.map(
        station =>
          `match from any for domain "${domain}" rcpt-to <recipients_${word(station.name)}> action "${forward(station)}"`,
      ),
      ...(own && stations.length > 0 ? [`match from any for domain "${domain}" action "${local(gateway)}"`] : []),
    ])}
    ${[...stations.map(station => `src ${source(station.lan.address)}`), ...(own ? ['local'] : [])].flatMap(from => gateway.domains.map(domain => `match from ${from} for any mail-from regex "@${domain.replaceAll('.', '[.]')}$" action "${out}"`))}
    ${fleet.mail.bounces.mode === 'send' ? bounceRules(stations, out) : []}
  `;
}

function workstationConf(station: Workstation, fleet: Fleet): string {
  const gateway = gatewayOf(station, fleet);
  if (!gateway.lan) throw new Error(`${gateway.name} has no name in the LAN of ${station.name}`);
  const from = `match from src ${source(gateway.lan.address)}`;
  return conf`
    ${marked()}
    ${common(fleet)}
    table recipients file:${RECIPIENTS}
    ${pkiLines(station.lan.name, selfSignedPaths(station.lan.name))}
    ca lanca cert "${LAN_CA}"

    listen on ${station.lan.address} tls-require verify pki ${station.lan.name} ca lanca hostname ${station.lan.name}
    listen on socket

    action "local_mail" maildir "${maildir(fleet)}" alias <aliases>
    action "${local(gateway)}" maildir "${maildir(fleet)}" virtual <recipients>
    action "outbound" relay tls ca lanca pki ${station.lan.name} host smtp+tls://${gateway.lan.name}

    match from local for local action "local_mail"
    ${from} for local action "local_mail"
    ${gateway.domains.map(domain => `${from} for domain "${domain}" action "${local(gateway)}"`)}
    match from local for any action "outbound"
  `;
}

const common = (fleet: Fleet): readonly string[] => [
  `queue ttl ${fleet.mail.queueTtl}`,
  ...(fleet.mail.bounces.mode === 'send' && fleet.mail.bounces.warnIntervals.length > 0
    ? [`bounce warn-interval ${fleet.mail.bounces.warnIntervals.join(', ')}`]
    : []),
  `table aliases file:${ALIASES}`,
];

const pkiLines = (name: string, paths: ReturnType<PkiPaths>): string =>
  `pki ${name} cert "${paths.cert}"\npki ${name} key "${paths.key}"`;

const maildir = (fleet: Fleet): string => `%{user.directory}/${fleet.mail.maildir}/`;
const inbound = (gateway: Gateway, index: number): string =>
  index === 0 ? 'relay_in' : `relay_in_${word(gateway.name)}`;
const outbound = (gateway: Gateway): string => `outbound_${label(gateway)}`;
const local = (gateway: Gateway): string => `local_mail_${label(gateway)}`;
const forward = (station: Workstation): string => `forward_to_${word(station.name)}`;

/** First label of the first domain, as the article's action names have it: `example`. */
const label = (gateway: Gateway): string => word((gateway.domains[0] ?? '').split('.')[0] ?? '');
const word = (name: string): string => name.replaceAll(/[^a-z0-9]/gi, '_').toLowerCase();

const quoted = (addresses: readonly string[]): string => addresses.map(address => `"${address}"`).join(', ');
const inboundAddresses = (gateway: Gateway, fleet: Fleet): string =>
  quoted(recipientsOf(gateway, fleet).flatMap(to => addressesOf(to, gateway)));
const stationAddresses = (gateway: Gateway, station: Workstation, fleet: Fleet): string =>
  quoted(
    recipientsOf(gateway, fleet)
      .filter(to => to.host === station.name)
      .flatMap(to => addressesOf(to, gateway)),
  );

/** As the recorded files write it: an IPv6 address in brackets and quotes. */
const source = (address: string): string => (address.includes(':') ? `"[${address}]"` : address);

/** A bounce has no sender, which smtpd matches as `@`. */
const bounceRules = (stations: readonly Workstation[], out: string): readonly string[] => [
  `match from local for any mail-from regex "^@?$" action "${out}"`,
  ...stations.map(
    station => `match from src ${source(station.lan.address)} for any mail-from regex "^@?$" action "${out}"`,
  ),
];

/** A configuration file from a template that looks like it: indentation goes, a list is a line for each item. */
function conf(strings: TemplateStringsArray, ...values: readonly (string | readonly string[])[]): string {
  const NOTHING = '\0';
  const lines = String.raw(
    { raw: strings },
    ...values.map(value => (typeof value === 'string' ? value : value.length === 0 ? NOTHING : value.join('\n'))),
  ).split('\n');
  return `${lines
    .map(line => line.trim())
    .filter(line => line !== NOTHING)
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}

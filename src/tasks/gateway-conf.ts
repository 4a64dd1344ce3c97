/** smtpd.conf(5) of a gateway. */
import { type Gateway, type Host, relaysOf, type Workstation, workstationsOf } from '../hosts/fleet.ts';
import { MARKED } from '../resources/file.ts';
import { RECIPIENTS } from './aliases.ts';
import { conf } from './conf.ts';
import {
  bouncesSent,
  common,
  DELIVER,
  forward,
  localMail,
  maildir,
  OUTBOUND,
  ownMail,
  pkiLines,
} from './conf-parts.ts';
import { SECRETS } from './credentials.ts';
import { addressesTo, hopsOf, restTo, type View } from './hops.ts';
import { credentialUser, domainsIn } from './neighbours.ts';
import { includeOf } from './own-lines.ts';
import { destinations, refusing, retiringFilter, staying } from './retiring.ts';
import { type Shown, selfSignedPki } from './shown-certificates.ts';
import { bound, fromLan, lanTag } from './smtpd-senders.ts';
import { nobodyElse, quoted, word } from './smtpd-text.ts';
import { listening, plain, scheme, verifying } from './smtpd-tls.ts';
import { LAN_CA, VPN_CA } from './trust.ts';

/** Accepts mail from the tunnel, delivers it or relays it to workstations, and relays outbound mail to the relays. */
export function gatewayConf(gateway: Gateway, fleet: View, shown: Shown): string {
  const { takes, from, senders, refuses } = hopsOf(gateway, fleet);
  const { mode, relays, authority } = toRelays(gateway, fleet, shown);
  const tls = mode === 'tls';
  const tunnel = gateway.tunnel.name;
  const delivering = deliveringBehind(gateway, fleet);
  const recipients = recipientsSide(gateway, fleet, delivering);
  const { lan, ...inside } = lanSide(gateway, fleet, delivering);
  const tunnelTls = takes.tunnel !== 'plain' || tls;
  return conf`
    ${MARKED}
    ${common(gateway, fleet)}
    ${tls ? `table secrets file:${SECRETS}` : []}
    ${recipients.tables}
    ${relays.length > 1 ? `table relays { ${relays.map(relay => `"${relay}"`).join(', ')} }` : []}
    ${[...(tunnelTls ? [tunnel] : []), ...(lan && inside.tls ? [lan.name] : [])].map(name => pkiLines(name, selfSignedPki(name)))}
    ${tunnelTls ? `ca vpnca cert "${VPN_CA}"` : []}
    ${inside.tls ? `ca lanca cert "${LAN_CA}"` : []}

    ${retiringFilter(gateway)}
    listen on ${gateway.tunnel.address} ${listening(takes.tunnel, tunnel, 'vpnca')}hostname ${plain(tunnel)}${refusing(gateway)}
    ${inside.listener}

    action "local_mail" maildir "${maildir(fleet)}" alias <aliases>
    ${recipients.deliver}
    action "${OUTBOUND}" relay ${verifying(mode, authority, tunnel)}host ${relays.length > 1 ? '<relays>' : relays}${tls ? ' auth <secrets>' : ''}
    ${inside.actions}

    ${includeOf(gateway)}

    ${recipients.rules}
    ${inside.rest}
    ${['from local', ...fromLan(from)].flatMap(one => localMail(one, lan?.name))}
    ${inside.local}
    ${gateway.domains.filter(domain => refuses.has(domain)).map(nobodyElse)}
    ${fromLan(from).flatMap(one => [...new Set([...gateway.domains, ...senders])].map(domain => `match ${one} for any mail-from regex "@${domain.replaceAll('.', '[.]')}$" action "${OUTBOUND}"`))}
    ${ownMail(fleet, OUTBOUND)}
    ${bouncesSent(fleet) ? fromLan(from).map(one => `match ${one} for any mail-from regex "^@?$" action "${OUTBOUND}"`) : []}
  `;
}

const deliveringBehind = (gateway: Gateway, fleet: View): readonly Host[] =>
  [gateway, ...workstationsOf(fleet, gateway)].filter(host => addressesTo(host, gateway, fleet).length > 0);

/** The lines for recipients of a gateway. */
function recipientsSide(gateway: Gateway, fleet: View, delivering: readonly Host[]) {
  const domains = domainsIn([...hopsOf(gateway, fleet).routes.keys()], gateway.domains);
  const own = delivering.includes(gateway);
  return {
    tables: [
      ...(own ? [`table recipients file:${RECIPIENTS}`] : []),
      ...delivering.map(host => `table recipients_${word(host.name)} { ${quoted(addressesTo(host, gateway, fleet))} }`),
    ],
    deliver: own ? `action "${DELIVER}" maildir "${maildir(fleet)}" virtual <recipients>` : [],
    rules: [
      ...domains.flatMap(domain =>
        delivering.map(
          host =>
            `match from any for domain "${domain}" rcpt-to <recipients_${word(host.name)}> action "${host.role === 'workstation' ? forward(host) : DELIVER}"`,
        ),
      ),
    ],
  };
}

/** The lines for workstations in its LAN. */
function lanSide(gateway: Gateway, fleet: View, delivering: readonly Host[]) {
  const { sends, takes, from, binds } = hopsOf(gateway, fleet);
  const stations = workstationsOf(fleet, gateway);
  const lan = stations.length > 0 ? gateway.lan : null;
  const isNamed = (one: Workstation): boolean => delivering.includes(one) || restTo(one, gateway, fleet).length > 0;
  return {
    lan,
    tls: lan !== null && (takes.lan !== 'plain' || stations.some(one => sends.get(one.name) === 'tls')),
    listener: lan
      ? `listen on ${lan.address} ${listening(takes.lan, lan.name, 'lanca')}hostname ${plain(lan.name)} mask-src${lanTag(from)}`
      : [],
    actions: lan
      ? destinations(stations, isNamed).map(
          station =>
            `action "${forward(station)}" relay ${verifying(sends.get(station.name), 'ca lanca ', lan.name)}${bound(binds.get(station.name))}host ${scheme(sends.get(station.name))}${station.lan.name}`,
        )
      : [],
    rest: lan
      ? stations.flatMap(station =>
          restTo(station, gateway, fleet).map(
            domain => `match from any for domain "${domain}" action "${forward(station)}"`,
          ),
        )
      : [],
    local: stations.map(
      station =>
        `match from local for domain "${station.lan.name}" ${destinations([station], isNamed).length > 0 ? `action "${forward(station)}"` : 'reject'}`,
    ),
  };
}

/** The relays that a gateway sends outbound mail to, as URLs, and the authority that it verifies them with. */
function toRelays(gateway: Gateway, fleet: View, shown: Shown) {
  const { sends, users } = hopsOf(gateway, fleet);
  const present = staying(relaysOf(fleet));
  const mode = present.map(relay => sends.get(relay.name)).at(0);
  const user = mode === 'tls' ? `${[...users][0] ?? credentialUser(gateway, fleet)}@` : '';
  const vouched = present.map(relay => shown(relay, relay.outbound.name));
  // An action has one authority. While relays differ in theirs, only those that it can verify are used.
  const verifiable = present.filter((_, index) => mode !== 'tls' || vouched[index] === vouched[0]);
  return {
    mode,
    relays: verifiable.map(relay => `${scheme(mode)}${user}${relay.outbound.name}`),
    authority: vouched[0] ? '' : 'ca vpnca ',
  };
}

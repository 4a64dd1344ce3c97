/** smtpd.conf(5) of a workstation. */
import type { Workstation } from '../hosts/fleet.ts';
import { MARKED } from '../resources/file.ts';
import { RECIPIENTS } from './aliases.ts';
import { conf } from './conf.ts';
import { common, DELIVER, localMail, maildir, OUTBOUND, pkiLines } from './conf-parts.ts';
import { deliveriesOf, hopsOf, type View } from './hops.ts';
import { addressesThrough, domainsIn, gatewayOf } from './neighbours.ts';
import { includeOf } from './own-lines.ts';
import { refusing, retiringFilter } from './retiring.ts';
import { selfSignedPki } from './shown-certificates.ts';
import { bound, fromLan, lanTag } from './smtpd-senders.ts';
import { quoted } from './smtpd-text.ts';
import { listening, plain, scheme, verifying } from './smtpd-tls.ts';
import { LAN_CA } from './trust.ts';

/** Delivers the mail that its gateway sends, and sends its own mail to the gateway. */
export function workstationConf(station: Workstation, fleet: View): string {
  const { routes, sends, takes, from, binds } = hopsOf(station, fleet);
  const gateway = gatewayOf(station, fleet);
  const sending = sends.get(gateway.name);
  const tls = takes.lan !== 'plain' || sending === 'tls';
  const domains = domainsIn([...routes.keys()], gateway.domains);
  if (!gateway.lan) throw new Error(`${gateway.name} has no name in the LAN of ${station.name}`);
  const own = deliveriesOf(station, fleet).length > 0;
  return conf`
    ${MARKED}
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

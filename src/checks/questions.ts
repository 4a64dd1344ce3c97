/** What a host is asked about its health, besides the questions of its resources. Nothing is changed. */

import { GONE_MEMBERS } from '../facts/alias-lines.ts';
import { BOOT } from '../facts/boot.ts';
import { CLOCK } from '../facts/clock.ts';
import { DISKS } from '../facts/df.ts';
import { forwardsOf } from '../facts/forwards.ts';
import { CERTIFICATES } from '../facts/installed-certificates.ts';
import { INTERFACES } from '../facts/interfaces.ts';
import { LEFT_BY_RUN } from '../facts/left-by-run.ts';
import { dnsAnswer, NAMES } from '../facts/lookup.ts';
import { LOOKUP_ORDER } from '../facts/lookup-order.ts';
import { LOSSES } from '../facts/losses.ts';
import { type MailLog, mailLogWith } from '../facts/mail-log.ts';
import { MAILER } from '../facts/mailer.ts';
import { MISSING_LOGINS } from '../facts/missing-logins.ts';
import { LISTENERS } from '../facts/netstat.ts';
import { PF_ENABLED, pfRulesWith } from '../facts/pfctl-status.ts';
import { large, reach } from '../facts/ping.ts';
import type { Probe } from '../facts/probe.ts';
import { type ProbeOutputs, probed } from '../facts/probe-outputs.ts';
import { BOOT_SETTINGS } from '../facts/rc-conf.ts';
import { type Refusals, refusedOf } from '../facts/refusals.ts';
import { outside, smtpSession } from '../facts/smtp-session.ts';
import { QUEUE } from '../facts/smtpctl-queue.ts';
import { ROUTES } from '../facts/smtpctl-routes.ts';
import { SMTPD_STATUS } from '../facts/smtpctl-status.ts';
import { wireTo } from '../facts/tcpdump.ts';
import { waitingHeadersOf } from '../facts/waiting-headers.ts';
import { isPrivate } from '../hosts/addresses.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { gatewaysOf, type Relay, relaysOf } from '../hosts/fleet.ts';
import { certificatePath, keyPath } from '../resources/certificate.ts';
import type { Fact } from '../run/fact.ts';
import type { Question } from '../run/resource.ts';
import { wantedHops } from '../tasks/hops.ts';
import { namesFor } from '../tasks/hosts-file.ts';
import { CONF } from '../tasks/in-force.ts';
import { isTunnelHost, loginsAt, peersOf, type TunnelHost } from '../tasks/neighbours.ts';
import { ANCHOR } from '../tasks/packet-filter.ts';
import { isFiltering, programsOf } from '../tasks/smtpd-filters.ts';
import { HOST_CHECKS } from './host-checks.ts';
import { hopsOf, triedRecipients } from './path.ts';
import { recordSets } from './public-records.ts';
import { tlsaQuestions } from './tlsa.ts';

/** Everything about a host's health, in one list; the probes last, for they take longest. */
export const healthQuestions = (host: Host, fleet: Fleet): readonly Question[] => [
  CLOCK,
  BOOT,
  INTERFACES,
  SMTPD_STATUS,
  QUEUE,
  MISSING_LOGINS,
  ROUTES,
  LISTENERS,
  mailLogOf(host),
  ...(hasReceivers(host, fleet) ? [waitingHeadersOf(fleet.domains)] : []),
  ...(isFiltering(host) ? [refusalsOf(host, fleet)] : []),
  LOSSES,
  CERTIFICATES,
  ...tlsaQuestions(host),
  forwardsOf(loginsAt(host, fleet)),
  GONE_MEMBERS,
  DISKS,
  LOOKUP_ORDER,
  MAILER,
  PF_ENABLED,
  ...(isTunnelHost(host) ? [pfRulesWith(ANCHOR)] : []),
  LEFT_BY_RUN,
  BOOT_SETTINGS,
  ...HOST_CHECKS.flatMap(check => check.asks),
  { kind: 'file', path: CONF, want: 'content' },
  { kind: 'file', path: '/etc/hosts', want: 'content' },
  probesQuestion(host, fleet),
];

/** Whether status says how receivers judge a host's mail. */
export const hasReceivers = (host: Host, { mail }: Fleet): boolean =>
  host.role === 'relay' && (mail.dkim !== null || mail.dmarc !== null);

/** The mail log, with what the host's filters write. */
export const mailLogOf = (host: Host): Fact<MailLog> => mailLogWith(programsOf(host).map(({ name }) => name));

/** What clients outside were refused: without sessions of the fleet's hosts and the relay's own probes. */
export const refusalsOf = (relay: Relay, fleet: Fleet): Fact<Refusals> =>
  refusedOf([
    ...gatewaysOf(fleet).map(gateway => gateway.tunnel.address),
    relay.tunnel.address,
    ...relay.mx.map(mx => mx.address),
  ]);

/** All probes of a host, as one question. */
export const probesQuestion = (host: Host, fleet: Fleet): Fact<ProbeOutputs> =>
  probed(isTunnelHost(host) ? fleet.tunnel.interface : '', probesOf(host, fleet));

/** The probes of a host, in the order of their answers. */
export function probesOf(host: Host, fleet: Fleet): readonly Probe[] {
  const names = namesFor(host, fleet).flatMap(({ name }) => name.split(' '));
  return [
    { ...NAMES, words: ['names', ...names] },
    ...(isTunnelHost(host) ? peersOf(host, fleet).flatMap(peer => tunnelProbes(peer, fleet)) : []),
    ...smtpProbes(host, fleet),
    ...(host.role === 'gateway' ? outsideProbes(fleet) : []),
    ...(host.role === 'relay' ? worldProbes(host, fleet) : []),
  ];
}

function tunnelProbes(peer: TunnelHost, fleet: Fleet): readonly Probe[] {
  const { address } = peer.tunnel;
  const inside = [reach(address), large(address)];
  if (peer.role !== 'relay') return inside;
  const { endpoint } = peer;
  return [...inside, { ...wireTo(endpoint), words: ['wire', endpoint, String(fleet.tunnel.port), address] }];
}

const smtpProbes = (host: Host, fleet: Fleet): readonly Probe[] =>
  hopsOf(fleet).flatMap(hop => {
    if (hop.kind !== 'smtp' || hop.from !== host) return [];
    const own = `${certificatePath(hop.shows)},${keyPath(hop.shows)}`;
    // Without TLS the far side knows a neighbour in the LAN by the address that its smtpd binds.
    const source = wantedHops(host, fleet).binds.get(hop.to.name) ?? '';
    const tls = hop.authority === null ? ['', '', source] : [hop.name, hop.authority, own];
    return [{ ...smtpSession(hop), words: ['smtp', hop.address, ...tls, hop.user ?? '', ...hop.recipients] }];
  });

/** As any client outside: a gateway connects to the mx addresses over the internet, not through the tunnel. */
const outsideProbes = (fleet: Fleet): readonly Probe[] =>
  [...new Set(relaysOf(fleet).flatMap(relay => relay.mx.map(mx => publicAddress(relay, mx))))].map(outside);

/** Where the internet reaches an mx address: behind a 1:1 NAT it is the endpoint's. */
export const publicAddress = (relay: Relay, mx: Relay['mx'][number]): string =>
  isPrivate(mx.address) ? relay.endpoint : mx.address;

/** As a client outside: the relay's own MX, and its DNS records. */
function worldProbes(relay: Extract<Host, { role: 'relay' }>, fleet: Fleet): readonly Probe[] {
  const recipients = gatewaysOf(fleet).flatMap(gateway => triedRecipients(fleet, gateway, null));
  return [
    ...relay.mx.map((mx): Probe => {
      return { ...smtpSession(mx), words: ['smtp', mx.address, mx.name, '', '', '', ...recipients.slice(0, 20)] };
    }),
    ...dnsProbes(fleet, relay),
  ];
}

/** @param relay whose names and addresses are asked about, with the domains'; left out, those of all relays. */
export const dnsProbes = (fleet: Fleet, relay?: Relay): readonly Probe[] =>
  recordSets(fleet)
    // The DNS records of its DKIM keys are asked for on the relay itself (tasks/dkim.ts).
    .filter(set => set.kind !== 'dkim')
    .filter(set => relay === undefined || set.relay === null || set.relay === relay.name)
    .map(({ type, name }) => dnsAnswer(type, name));

/** What a host is asked about its health, besides what its resources ask. All of it only looks. */

import { REFUSED } from '../facts/refusals.ts';
import { isPrivate } from '../hosts/addresses.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { gatewaysOf, type Relay, relaysOf } from '../hosts/fleet.ts';
import { certificatePath, keyPath } from '../resources/certificate.ts';
import { interfacesQuestion } from '../resources/wg-interface.ts';
import { command } from '../run/command.ts';
import { LOCK_DIRECTORY, STATE_DIRECTORY } from '../run/prelude.ts';
import type { Question } from '../run/resource.ts';
import { wantedHops } from '../tasks/hops.ts';
import { namesFor } from '../tasks/hosts-file.ts';
import { isTunnelHost, peersOf } from '../tasks/neighbours.ts';
import { ANCHOR } from '../tasks/packet-filter.ts';
import { isFiltering, programsOf } from '../tasks/smtpd-filters.ts';
import { loginsAt } from './forwards.ts';
import { hopsOf, triedRecipients } from './path.ts';
import { type Probe, probing } from './probes.ts';
import { recordSets } from './public-records.ts';
import { CERTIFICATES, FORWARDS, LOG_LINES, LOSSES, logLinesWith, MAILER, QUEUE, READ_LOG, RUN } from './scripts.ts';
import { tlsaQuestions } from './tlsa.ts';

/** Names of the questions. */
export const ASKED = {
  clock: 'the clock',
  boot: 'the time of boot',
  smtpd: 'rcctl check smtpd',
  status: 'smtpctl show status',
  queue: 'smtpctl show queue',
  routes: 'smtpctl show routes',
  listeners: 'netstat -ln',
  log: 'the mail log',
  refused: 'what was refused',
  losses: 'the lost mail',
  certificates: 'the certificates in use',
  forwards: 'the forward files',
  disks: 'df',
  lookup: 'the order of lookups',
  mailer: 'the mailer of programs',
  pf: 'pfctl -si',
  rules: 'the rules that pf has loaded',
  run: 'the lock and the dead-man switch',
  probes: 'what it can reach',
} as const;

const run = (name: string, script: string, ...args: readonly string[]): Question => ({
  kind: 'run',
  name,
  command: command(script, ...args),
});

/** Everything about a host's health, in one list; the probes last, for they take longest. */
export const healthQuestions = (host: Host, fleet: Fleet): readonly Question[] => [
  run(ASKED.clock, `exec date '+%s %Y %b %e %H:%M:%S'`),
  run(ASKED.boot, 'exec sysctl -n kern.boottime'),
  interfacesQuestion,
  run(ASKED.smtpd, 'exec rcctl check smtpd'),
  run(ASKED.status, 'exec timeout 10 smtpctl show status'),
  run(ASKED.queue, QUEUE),
  run(ASKED.routes, 'exec timeout 10 smtpctl show routes'),
  run(ASKED.listeners, 'netstat -ln -f inet; netstat -ln -f inet6'),
  run(ASKED.log, READ_LOG, logLinesOf(host)),
  ...(isFiltering(host) ? [run(ASKED.refused, REFUSED, ...ownSources(host, fleet))] : []),
  run(ASKED.losses, LOSSES, STATE_DIRECTORY),
  run(ASKED.certificates, CERTIFICATES),
  ...tlsaQuestions(host),
  run(ASKED.forwards, FORWARDS, ...loginsAt(host, fleet)),
  run(ASKED.disks, 'df -ki /var/spool/smtpd /home /var/log /tmp / 2>/dev/null; exit 0'),
  run(ASKED.lookup, `sed -n 's/^lookup[[:space:]]*//p' /etc/resolv.conf 2>/dev/null; exit 0`),
  run(ASKED.mailer, MAILER),
  run(ASKED.pf, 'pfctl -si 2>/dev/null | head -n 1'),
  ...(isTunnelHost(host)
    ? [run(ASKED.rules, 'pfctl -sr 2>/dev/null; echo "# anchor"; pfctl -a "$1" -sr 2>/dev/null; exit 0', ANCHOR)]
    : []),
  run(ASKED.run, RUN, LOCK_DIRECTORY, STATE_DIRECTORY),
  { kind: 'file', path: '/etc/mail/smtpd.conf', want: 'content' },
  {
    kind: 'run',
    name: ASKED.probes,
    command: probing(
      isTunnelHost(host) ? fleet.tunnel.interface : '',
      probesOf(host, fleet).map(one => one.probe),
    ),
  },
];

const logLinesOf = (host: Host): string => {
  const names = programsOf(host).map(({ name }) => name);
  return names.length === 0 ? LOG_LINES : logLinesWith(names);
};

/** Whose refusals are no junk's: the fleet's own, and what the relay tries by itself. */
const ownSources = (relay: Relay, fleet: Fleet): readonly string[] => [
  ...gatewaysOf(fleet).map(gateway => gateway.tunnel.address),
  relay.tunnel.address,
  ...relay.mx.map(mx => mx.address),
];

/** A probe and the key under which its output is found again. */
export interface KeyedProbe {
  readonly key: string;
  readonly probe: Probe;
}

/** Keys of probes, by what they are about. */
export const KEYS = {
  names: 'names',
  reach: (address: string): string => `reach ${address}`,
  large: (address: string): string => `large ${address}`,
  smtp: (address: string, name: string): string => `smtp ${address} ${name}`,
  outside: (address: string): string => `outside ${address}`,
  wire: (address: string): string => `wire ${address}`,
  dns: (type: string, name: string): string => `dns ${type} ${name}`,
} as const;

/** What a host is to try, in the order of the questions' answers. */
export function probesOf(host: Host, fleet: Fleet): readonly KeyedProbe[] {
  const names = namesFor(host, fleet).flatMap(({ name }) => name.split(' '));
  return [
    { key: KEYS.names, probe: ['names', ...names] },
    ...(isTunnelHost(host) ? peersOf(host, fleet).flatMap(peer => tunnelProbes(peer.tunnel.address)) : []),
    ...smtpProbes(host, fleet),
    ...(host.role === 'gateway' ? [...wireProbes(fleet), ...outsideProbes(fleet)] : []),
    ...(host.role === 'relay' ? worldProbes(host, fleet) : []),
  ];
}

const tunnelProbes = (address: string): readonly KeyedProbe[] => [
  { key: KEYS.reach(address), probe: ['reach', address] },
  { key: KEYS.large(address), probe: ['large', address] },
];

const smtpProbes = (host: Host, fleet: Fleet): readonly KeyedProbe[] =>
  hopsOf(fleet).flatMap(hop => {
    if (hop.kind !== 'smtp' || hop.from !== host) return [];
    const own = `${certificatePath(hop.shows)},${keyPath(hop.shows)}`;
    // Without TLS the far side knows a neighbour in the LAN by the address that its smtpd binds.
    const source = wantedHops(host, fleet).binds.get(hop.to.name) ?? '';
    const tls = hop.authority === null ? ['', '', source] : [hop.name, hop.authority, own];
    return [
      {
        key: KEYS.smtp(hop.address, hop.name),
        probe: ['smtp', hop.address, ...tls, hop.user ?? '', ...hop.recipients] as Probe,
      },
    ];
  });

const wireProbes = (fleet: Fleet): readonly KeyedProbe[] =>
  fleet.hosts.flatMap(relay =>
    relay.role === 'relay'
      ? [
          {
            key: KEYS.wire(relay.endpoint),
            probe: ['wire', relay.endpoint, String(fleet.tunnel.port), relay.tunnel.address] as const,
          },
        ]
      : [],
  );

/** As anybody on the internet: a gateway reaches the mx addresses by its own line, not through the tunnel. */
const outsideProbes = (fleet: Fleet): readonly KeyedProbe[] =>
  [...new Set(relaysOf(fleet).flatMap(relay => relay.mx.map(mx => publicAddress(relay, mx))))].map(address => ({
    key: KEYS.outside(address),
    probe: ['outside', address],
  }));

/** Where the internet reaches an mx address: behind a 1:1 NAT it is the endpoint's. */
export const publicAddress = (relay: Relay, mx: Relay['mx'][number]): string =>
  isPrivate(mx.address) ? relay.endpoint : mx.address;

/** As a stranger: the relay's own MX, and what the DNS says of it. */
function worldProbes(relay: Extract<Host, { role: 'relay' }>, fleet: Fleet): readonly KeyedProbe[] {
  const recipients = gatewaysOf(fleet).flatMap(gateway => triedRecipients(fleet, gateway, null));
  return [
    ...relay.mx.map(mx => ({
      key: KEYS.smtp(mx.address, mx.name),
      probe: ['smtp', mx.address, mx.name, '', '', '', ...recipients.slice(0, 20)] as Probe,
    })),
    ...dnsProbes(fleet, relay),
  ];
}

/** @param relay whose names and addresses are asked about, with the domains'; left out, those of all relays. */
export const dnsProbes = (fleet: Fleet, relay?: Relay): readonly KeyedProbe[] =>
  recordSets(fleet)
    // What a relay knows of its DKIM keys it asks about itself (tasks/dkim.ts).
    .filter(set => set.kind !== 'dkim')
    .filter(set => relay === undefined || set.relay === null || set.relay === relay.name)
    .map(({ type, name }) => {
      const lower = type.toLowerCase();
      return { key: KEYS.dns(lower, name), probe: ['dns', lower, name] as const };
    });

/** The article's three machines as a health check finds them, with the recorded outputs for what they say. */

import { type AskedHost, askedHost } from '../../src/checks/host-facts.ts';
import { healthQuestions, probesOf } from '../../src/checks/questions.ts';
import type { Fleet, Host } from '../../src/hosts/fleet.ts';
import type { Observation } from '../../src/run/converge.ts';
import { Failure } from '../../src/run/failure.ts';
import type { Plan } from '../../src/run/plan.ts';
import type { Question } from '../../src/run/resource.ts';
import { assign } from '../../src/run/task.ts';
import { allTasks } from '../../src/tasks/all.ts';
import { answer, answering, plainFile } from '../answers.ts';
import { recorded } from '../recordings.ts';
import { article, fleetOf } from '../tasks/fleets.ts';
import { KEYS } from './probe-keys.ts';

export const fleet = fleetOf(article);

/** Of the recordings in faults.json, between their first and their last line. */
export const NOW = 1_795_330_800;

/** What a host says: by question, or by probe. */
export interface Says {
  readonly questions?: Readonly<Record<string, string>>;
  readonly probes?: Readonly<Record<string, string>>;
  /** Its ifconfig after the probes, where it differs from that before. */
  readonly after?: string;
  /** Exit statuses of questions; 0 where nothing is said. */
  readonly exits?: Readonly<Record<string, number>>;
  readonly plan?: Partial<Plan>;
  /** What its smtpd.conf listens on. */
  readonly conf?: readonly string[];
  /** Its aliases(5). */
  readonly aliases?: string;
}

const [relayTunnel, gatewayTunnel] = ['2001:db8:c1da::2', '2001:db8:c1da::1'];
const [gatewayLan, stationLan] = ['2001:db8:6969::1', '2001:db8:6969::2'];

/** The parts of a recording that begins with `ifconfig wg0`: the interface, and what ping6 said. */
export function tunnelRecording(about: string): { readonly wg: string; readonly ping: string } {
  const text = recorded('faults', about);
  const at = text.indexOf('PING ');
  return { wg: text.slice(0, at), ping: text.slice(at) };
}

/** The parts of a recording of queue, routes and log; the log gets syslog's heads back. */
export function mailRecording(about: string): Record<string, string> {
  const parts = recorded('faults', about).split('--\n');
  const [queue = '', routes = '', log = ''] =
    parts.length === 1 ? ['', '', ...parts] : [parts[0], parts[1], parts.at(-1)];
  return { 'smtpctl show queue': queue, 'smtpctl show routes': routes, 'the mail log': log };
}

const taking = (...recipients: readonly string[]): string =>
  [
    'CONNECTED(00000003)',
    '    Verify return code: 0 (ok)',
    '> ehlo host',
    '< 250 HELP',
    ...(recipients.length > 0 ? ['> mail from:<>', '< 250 2.0.0 Ok'] : []),
    ...recipients.flatMap(to => [`> rcpt to:<${to}>`, '< 250 2.1.5 Destination address valid: Recipient ok']),
    '> quit',
    '< 221 2.0.0 Bye',
  ].join('\n');
export const taken = taking('test@example.com', 'postmaster@example.com');
export const loggedIn = taking().replace('> quit', '> auth\n< 235 2.0.0 Authentication succeeded\n> quit');

/** What nc and the server say to a gateway that looks from outside. */
export const outside = (name: string): string =>
  `Connection to ${name} 25 port [tcp/smtp] succeeded!\n< 220 ${name} ESMTP OpenSMTPD\n> quit\n< 221 2.0.0 Bye\nexit 0`;

const names = (table: Readonly<Record<string, string>>): string =>
  Object.entries(table)
    .map(([name, address]) => `= ${name}\n${address}  ${name}`)
    .join('\n');

const listening = (...addresses: readonly string[]): string =>
  addresses
    .map(
      address =>
        `tcp6         0      0  ${address.includes(':') ? address.slice(0, 16) : address}.25    *.*                    LISTEN`,
    )
    .concat('udp6         0      0  *.6900                 *.*')
    .join('\n');

const ifconfig = (...addresses: readonly string[]): string =>
  addresses
    .map(
      address =>
        `\t${address.includes(':') ? 'inet6' : 'inet'} ${address} ${address.includes(':') ? 'prefixlen 64' : 'netmask 0xffffff00'}`,
    )
    .join('\n');

const healthyTunnel = {
  relay: tunnelRecording('healthy: tunnel seen from the relay'),
  gateway: tunnelRecording('healthy: tunnel seen from the gateway'),
};

const common = {
  'uname -sr': 'OpenBSD 7.6\n',
  'the clock': `${NOW} 2026 Nov 22 07:00:00\n`,
  'the time of boot': `${NOW - 86_400}\n`,
  'service smtpd': 'enabled\nrunning\n',
  'smtpctl show status': recorded('transcripts', 'smtpctl show status'),
  'the order of lookups': 'file bind\n',
};

const relayAddresses = [relayTunnel, '2001:db8:1234:1234::6969', '192.0.2.25'];

const HEALTHY: Readonly<Record<string, Says>> = {
  namorar: {
    conf: relayAddresses,
    questions: {
      ...common,
      'ifconfig -A': healthyTunnel.relay.wg,
      'other interfaces': ifconfig(...relayAddresses),
      'netstat -ln': listening(...relayAddresses),
    },
    probes: {
      [KEYS.names]: names({ 'vpn1.example.com': relayTunnel, 'vpn0.example.com': gatewayTunnel }),
      [KEYS.reach(gatewayTunnel)]: healthyTunnel.relay.ping,
      [KEYS.large(gatewayTunnel)]: healthyTunnel.relay.ping,
      [KEYS.smtp(gatewayTunnel, 'vpn0.example.com')]: taken,
      [KEYS.smtp('2001:db8:1234:1234::6969', 'mx1.example.com')]: taken,
      [KEYS.smtp('192.0.2.25', 'mx2.example.com')]: taken,
    },
  },
  carinho: {
    conf: [gatewayTunnel, gatewayLan],
    questions: {
      ...common,
      'ifconfig -A': healthyTunnel.gateway.wg,
      'other interfaces': ifconfig(gatewayTunnel, gatewayLan),
      'netstat -ln': listening(gatewayTunnel, gatewayLan),
    },
    probes: {
      [KEYS.names]: names({
        'vpn0.example.com': gatewayTunnel,
        'smtp.example.com': relayTunnel,
        'vpn1.example.com': relayTunnel,
        'mimando.lan': stationLan,
        'carinho.lan': gatewayLan,
      }),
      [KEYS.reach(relayTunnel)]: healthyTunnel.gateway.ping,
      [KEYS.large(relayTunnel)]: healthyTunnel.gateway.ping,
      [KEYS.smtp(relayTunnel, 'smtp.example.com')]: loggedIn,
      [KEYS.outside('2001:db8:1234:1234::6969')]: outside('mx1.example.com'),
      [KEYS.outside('192.0.2.25')]: outside('mx2.example.com'),
      [KEYS.smtp(stationLan, 'mimando.lan')]: taken,
    },
  },
  mimando: {
    conf: [stationLan],
    questions: { ...common, 'other interfaces': ifconfig(stationLan), 'netstat -ln': listening(stationLan) },
    probes: {
      [KEYS.names]: names({ 'mimando.lan': stationLan, 'carinho.lan': gatewayLan }),
      [KEYS.smtp(gatewayLan, 'carinho.lan')]: taking(),
    },
  },
};

/** All three, healthy but for what is said otherwise; null for a host that cannot be reached. */
export const machines = (
  otherwise: Readonly<Record<string, Says | null>> = {},
  of: Fleet = fleet,
): readonly AskedHost[] => of.hosts.map(host => askedHost(host, of, observation(host, of, otherwise[host.name])));

/** What a run that judges a host's health asks it. */
const askedOf = (host: Host, of: Fleet): readonly Question[] => [
  ...assign(allTasks, host, of).flatMap(one => one.resource.questions),
  ...healthQuestions(host, of),
];

function observation(host: Host, of: Fleet, says: Says | null | undefined): Observation {
  const asked = { from: NOW * 1000, until: NOW * 1000 + 500 };
  if (says === null) {
    const failure = new Failure(
      'connection-timed-out',
      'no answer from 192.0.2.25 port 22 in 10 s',
      host.name,
      `ssh ${host.name}`,
    );
    return { host: host.name, observed: null, planned: null, failure, asked };
  }
  const healthy = HEALTHY[host.name];
  const questions: Record<string, string> = { ...healthy?.questions, ...says?.questions };
  const probes = { ...healthy?.probes, ...says?.probes };
  const lines = probesOf(host, of).flatMap(({ key }, number) =>
    probes[key] === undefined ? [] : probes[key].split('\n').map(line => `${number} ${line}`),
  );
  const before = questions['ifconfig -A'] ?? '';
  const after = says?.after ?? before;
  questions['ifconfig -A'] = `${questions['other interfaces']}\n${questions['ifconfig -A'] ?? ''}`;
  delete questions['other interfaces'];
  questions['the lost mail'] ??= questions['the mail log'] ?? '';
  questions['what it can reach'] = [before, '# probes', ...lines, after].join('\n');
  const conf = (says?.conf ?? healthy?.conf ?? []).map(address => `listen on ${address} tls`).join('\n');
  const planned: Plan = {
    changes: [],
    waiting: [],
    held: [],
    takesOver: [],
    failures: [],
    failed: [],
    without: [],
    ...says?.plan,
  };
  const runs = Object.fromEntries(
    Object.entries(questions).map(([name, text]) => [name, answer(text, says?.exits?.[name])]),
  );
  return {
    host: host.name,
    observed: answering(
      askedOf(host, of),
      [plainFile('/etc/mail/smtpd.conf', conf), plainFile('/etc/mail/aliases', says?.aliases ?? '')],
      runs,
    ),
    planned,
    failure: null,
    asked,
  };
}

/** The state of a host as `status` reports it. Pure. */

import type { ReasonCode } from '../codes/reasons.ts';
import { reach } from '../facts/ping.ts';
import { hostPrefix } from '../hosts/addresses.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { heldBackText } from '../run/desired.ts';
import { isTunnelHost, peersOf } from '../tasks/neighbours.ts';
import { type RefusedStatus, refusedStatus } from './filters.ts';
import { type AskedHost, factsOf, type HostFacts } from './host-facts.ts';
import { hostProblems } from './host-problems.ts';
import type { Judged } from './judge.ts';
import type { Problem } from './problem.ts';

/** Keys and their order are a contract. */
export interface HostStatus {
  readonly name: string;
  readonly role: Host['role'];
  readonly reachable: boolean;
  readonly release: string | null;
  /** Null on a workstation, and where the host could not be asked. */
  readonly tunnel: TunnelStatus | null;
  readonly smtpd: {
    readonly running: boolean;
    /** It was started before a file that it reads was changed. */
    readonly stale: boolean;
    readonly queued: number;
    /** Age of the oldest mail in seconds; null where the queue is empty. */
    readonly oldest: number | null;
    /** Envelopes in the spool that smtpd does not know. */
    readonly stranded: number;
    /** Of mail and connections, from the mail log; only where a relay has filters. */
    readonly refused?: RefusedStatus;
  } | null;
  readonly certificates: readonly {
    readonly name: string;
    readonly path: string;
    /** `2036-11-19T05:55:40Z`. */
    readonly expires: string;
    readonly daysLeft: number;
    readonly issuer: string;
  }[];
  readonly drift: readonly { readonly task: string; readonly resource: string; readonly why: string }[];
  readonly problems: readonly Pick<Problem, 'code' | 'what' | 'evidence' | 'remedy'>[];
}

/** A host's end of the tunnel, as status shows it. */
interface TunnelStatus {
  readonly interface: string;
  readonly up: boolean;
  readonly publicKey: string | null;
  readonly peers: readonly {
    /** Inventory name; null for a peer that nobody knows. */
    readonly host: string | null;
    readonly publicKey: string;
    readonly endpoint: string | null;
    /** Seconds; null before the first handshake. */
    readonly handshakeAge: number | null;
    readonly rx: number;
    readonly tx: number;
    /** Null where it could not be tried. */
    readonly answersPing: boolean | null;
  }[];
}

/** What is known of a whole fleet. */
interface Surroundings {
  readonly fleet: Fleet;
  readonly all: readonly AskedHost[];
  readonly judged: readonly Judged[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** One host of a fleet. */
export function hostStatus(asked: AskedHost, { fleet, all, judged, now }: Surroundings): HostStatus {
  const { host } = asked;
  const found = judged.flatMap(({ verdict }) =>
    verdict.kind === 'broken' && verdict.problem.host === host.name ? [verdict.problem] : [],
  );
  const head = { name: host.name, role: host.role, reachable: asked.reached };
  if (!asked.reached)
    return {
      ...head,
      release: null,
      tunnel: null,
      smtpd: null,
      certificates: [],
      drift: [],
      problems: reported(found.slice(0, 1)),
    };
  return {
    ...head,
    release: asked.release,
    tunnel: tunnelStatus(asked, all, fleet),
    smtpd: smtpdStatus(asked),
    certificates: asked.certificates.flatMap(({ name, path, facts }) =>
      facts ? [{ name, path, ...validity(facts.until, now), issuer: facts.issuer }] : [],
    ),
    drift: driftOf(asked, all),
    problems: reported([...found, ...hostProblems(asked, all, fleet, now)]),
  };
}

const DAY = 86_400_000;

const validity = (until: number, now: number) => ({
  expires: new Date(until).toISOString().replace(/\.\d+Z$/, 'Z'),
  daysLeft: Math.floor((until - now) / DAY),
});

/** Each once, without the host. */
const reported = (problems: readonly Problem[]): HostStatus['problems'] => [
  ...new Map(problems.map(({ code, what, evidence, remedy }) => [what, { code, what, evidence, remedy }])).values(),
];

function tunnelStatus(facts: HostFacts, all: readonly AskedHost[], fleet: Fleet): TunnelStatus | null {
  const { host } = facts;
  if (!isTunnelHost(host)) return null;
  const wg = facts.wgAfter ?? facts.wg;
  return {
    interface: fleet.tunnel.interface,
    up: wg?.up ?? false,
    publicKey: wg?.publicKey ?? null,
    peers: (wg?.peers ?? []).map(peer => {
      const far =
        peersOf(host, fleet).find(one => keyOf(one, all) === peer.publicKey) ??
        peersOf(host, fleet).find(one => peer.allowedIps.includes(hostPrefix(one.tunnel.address)));
      const ping = far && facts.said(reach(far.tunnel.address))?.ping;
      return {
        host: far?.name ?? null,
        publicKey: peer.publicKey,
        endpoint: peer.endpoint,
        handshakeAge: peer.handshakeAgeSeconds,
        rx: peer.rx,
        tx: peer.tx,
        answersPing: ping ? ping.received > 0 : null,
      };
    }),
  };
}

const keyOf = ({ name }: Host, all: readonly AskedHost[]): string | null => factsOf(all, name)?.wg?.publicKey ?? null;

const STALE: readonly ReasonCode[] = ['service-stale', 'service-unstamped'];

function smtpdStatus({ smtpd, clock, plan, refusals }: HostFacts): HostStatus['smtpd'] {
  const { count, oldest } = smtpd.queued;
  const restart = plan.changes.find(change => change.resource === 'service smtpd');
  return {
    running: smtpd.running,
    stale: restart?.codes.some(code => STALE.includes(code)) ?? false,
    queued: count,
    oldest: oldest === null || clock === null ? null : Math.max(0, clock.now - oldest),
    stranded: smtpd.stranded.reduce((sum, { count }) => sum + count, 0),
    ...(refusals ? { refused: refusedStatus(refusals) } : {}),
  };
}

/** What waits for a host that could not be asked is not counted: whether it differs is unknown. */
const driftOf = ({ plan }: HostFacts, all: readonly AskedHost[]): HostStatus['drift'] => [
  ...plan.changes.map(({ task, resource, why }) => ({ task, resource, why })),
  ...plan.waiting
    .filter(({ host }) => factsOf(all, host) !== null)
    .map(({ task, resource, host, key }) => ({ task, resource, why: `waits for the ${key} of ${host}` })),
  ...plan.held.map(({ task, resource, ...held }) => ({ task, resource, why: heldBackText(held) })),
];

/** All reached, nothing wrong, nothing to change. */
export const isHealthy = (hosts: readonly HostStatus[]): boolean =>
  hosts.every(host => host.reachable && host.problems.length === 0 && host.drift.length === 0);

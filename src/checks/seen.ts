/** What was seen of one host, as data: the answers of an exchange, parsed. */

import { type CertificateSeen, parseCertificates } from '../facts/certificates-seen.ts';
import { type FileSystem, parseDf } from '../facts/df.ts';
import {
  type Interface,
  type InterfaceAddress,
  parseAddresses,
  parseInterfaces,
  parseWgInterface,
  type WgInterface,
} from '../facts/ifconfig.ts';
import { type MailEvent, parseMaillog } from '../facts/maillog.ts';
import { type Listener, parseListeners } from '../facts/netstat.ts';
import { parsePfEnabled, parsePfRules } from '../facts/pfctl-status.ts';
import { parseRefusals, type Refusals } from '../facts/refusals.ts';
import { parseQueue, parseQueueTotal, type QueuedMail, type QueueTotal } from '../facts/smtpctl-queue.ts';
import { type MailRoute, parseRoutes } from '../facts/smtpctl-routes.ts';
import { parseSmtpdStatus, type SmtpdStatus } from '../facts/smtpctl-status.ts';
import { parseSpool } from '../facts/smtpd-queue.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { RELEASE } from '../resources/release.ts';
import { interfacesQuestion, wgIn } from '../resources/wg-interface.ts';
import type { Looked } from '../run/converge.ts';
import type { Failure } from '../run/failure.ts';
import type { Plan } from '../run/plan.ts';
import type { Observed } from '../run/resource.ts';
import { dkimStateIn } from '../tasks/dkim.ts';
import type { DkimState } from '../tasks/dkim-state.ts';
import { isTunnelHost } from '../tasks/neighbours.ts';
import { includedActions } from '../tasks/own-lines.ts';
import { SPOOL_QUESTION } from '../tasks/smtpd.ts';
import { type Signing, signingIn } from '../tasks/smtpd-dkim.ts';
import { isFiltering } from '../tasks/smtpd-filters.ts';
import { type StrandedMail, strandedIn } from '../tasks/stranded-mail.ts';
import { type ForwardFile, parseForwardFiles } from './forward-files.ts';
import { type ForwardsSeen, parseForwards } from './forwards.ts';
import { type LeftByRun, parseLeftByRun } from './left-by-run.ts';
import { type LossesSeen, parseLosses } from './loss.ts';
import { probeOutputs } from './probe-outputs.ts';
import { ASKED, probesOf } from './questions.ts';
import { tlsaDigests } from './tlsa.ts';

/** A host that could not be asked has a `failure` and nothing else. */
export interface Unreached {
  readonly host: Host;
  readonly reached: false;
  readonly failure: Failure;
}

export interface Seen {
  readonly host: Host;
  readonly reached: true;
  /** `7.6`; null where it did not say. */
  readonly release: string | null;
  /** Seconds by which its clock is ahead of this machine's, as little as the exchange allows; null: unknown. */
  readonly clockAheadSeconds: number | null;
  readonly clock: HostClock | null;
  readonly upSeconds: number | null;
  /** The tunnel's interface before the probes, and after them; null where there is none. */
  readonly wg: WgInterface | null;
  readonly wgAfter: WgInterface | null;
  readonly addresses: readonly InterfaceAddress[];
  readonly smtpd: SmtpdSeen;
  readonly log: readonly MailEvent[];
  /** False where it has no mail log, so that nothing can be said of what is not in it. */
  readonly keepsLog: boolean;
  readonly losses: LossesSeen;
  /** Null where nothing is filtered. */
  readonly refusals: Refusals | null;
  /** Of a relay that has TLSA records: by mx name the digest of its key. */
  readonly tlsa: ReadonlyMap<string, string>;
  /** Of a relay that is to sign; null on others. */
  readonly dkim: DkimState | null;
  /** What its smtpd.conf signs with; null for nothing. */
  readonly signing: Signing | null;
  readonly certificates: readonly CertificateSeen[];
  readonly forwards: ForwardsSeen;
  /** Homes of those who get mail here, and their ~/.forward. */
  readonly forwardFiles: readonly ForwardFile[];
  readonly disks: readonly FileSystem[];
  /** `file bind`, as resolv.conf(5) has it; null where there is no such line. */
  readonly lookupOrder: string | null;
  /** Path of what programs run as sendmail; null where mailer.conf(5) does not say, and it is smtpd's. */
  readonly mailer: string | null;
  /** Null where it did not say. */
  readonly pfEnabled: boolean | null;
  /** As `pfctl -sr` prints them, and those of mailtun's anchor. */
  readonly pfRules: { readonly main: string; readonly anchor: string };
  readonly interfaces: readonly Interface[];
  readonly left: LeftByRun;
  /** What a probe printed; null where it was not made or said nothing. */
  readonly probe: (key: string) => string | null;
  readonly plan: Plan;
}

export type HostSeen = Seen | Unreached;

/** A host's own clock. */
export interface HostClock {
  /** Seconds since 1970. */
  readonly now: number;
  /** The same moment as its log would have it, as if it were UTC. */
  readonly local: number;
}

export interface SmtpdSeen {
  readonly running: boolean;
  /** Null where smtpd did not answer smtpctl. */
  readonly status: SmtpdStatus | null;
  /** The last of it, where it is long. */
  readonly queue: readonly QueuedMail[];
  /** Of all of it. */
  readonly queued: QueueTotal;
  /** Envelopes in the spool whose action smtpd.conf does not have: smtpctl shows nothing of them. */
  readonly stranded: readonly StrandedMail[];
  readonly routes: readonly MailRoute[];
  readonly listeners: readonly Listener[];
  /** Addresses that its configuration listens on. */
  readonly listensOn: readonly string[];
}

/** @param looked of this host, from an exchange with `healthQuestions`. */
export function seenOf(host: Host, fleet: Fleet, looked: Looked): HostSeen {
  const { observed, planned, failure, asked } = looked;
  if (!observed || !planned) {
    if (!failure) throw new Error(`${host.name} was neither asked nor lost`);
    return { host, reached: false, failure };
  }
  const says = (name: string): string => observed.run(name).stdout.toString('utf8');
  const probes = probesOf(host, fleet);
  const outputs = probeOutputs(says(ASKED.probes), probes.length);
  const byKey = new Map(probes.map(({ key }, index) => [key, outputs.probes[index] ?? '']));
  const clock = parseClock(says(ASKED.clock));
  const boot = Number(says(ASKED.boot).trim());
  return {
    host,
    reached: true,
    release: /^OpenBSD (\d+\.\d+)/.exec(says(RELEASE))?.[1] ?? null,
    clockAheadSeconds: clock && aheadOf(clock.now, asked),
    clock,
    upSeconds: clock && Number.isFinite(boot) && boot > 0 ? clock.now - boot : null,
    wg: isTunnelHost(host) ? wgIn(observed, fleet.tunnel.interface) : null,
    wgAfter: parseWgInterface(outputs.after),
    addresses: parseAddresses(says(interfacesQuestion.name)),
    smtpd: smtpdSeen(host, observed),
    log: parseMaillog(says(ASKED.log)),
    keepsLog: observed.run(ASKED.log).exit === 0,
    losses: parseLosses(says(ASKED.losses)),
    refusals: isFiltering(host) ? parseRefusals(says(ASKED.refused)) : null,
    tlsa: tlsaDigests(host, observed),
    signing: signingIn(observed.file('/etc/mail/smtpd.conf').content?.toString('utf8') ?? ''),
    dkim: host.role === 'relay' && fleet.mail.dkim !== null ? dkimStateIn(fleet, observed) : null,
    certificates: parseCertificates(says(ASKED.certificates)),
    forwards: parseForwards(says(ASKED.forwards)),
    forwardFiles: parseForwardFiles(says(ASKED.forwards)),
    disks: parseDf(says(ASKED.disks)),
    lookupOrder: says(ASKED.lookup).trim() || null,
    mailer: says(ASKED.mailer).trim().split('\n')[0] || null,
    pfEnabled: parsePfEnabled(says(ASKED.pf)),
    pfRules: parsePfRules(isTunnelHost(host) ? says(ASKED.rules) : ''),
    interfaces: parseInterfaces(says(interfacesQuestion.name)),
    left: parseLeftByRun(says(ASKED.run)),
    probe: key => byKey.get(key) || null,
    plan: planned,
  };
}

function smtpdSeen(host: Host, observed: Observed): SmtpdSeen {
  const says = (name: string): string => observed.run(name).stdout.toString('utf8');
  const conf = observed.file('/etc/mail/smtpd.conf').content?.toString('utf8') ?? '';
  return {
    running: says(ASKED.smtpd).includes('smtpd(ok)'),
    status: parseSmtpdStatus(says(ASKED.status)),
    queue: parseQueue(says(ASKED.queue)),
    queued: parseQueueTotal(says(ASKED.queue)) ?? { count: 0, oldest: null },
    stranded: strandedIn(conf, parseSpool(says(SPOOL_QUESTION)), includedActions(host, observed)),
    routes: parseRoutes(says(ASKED.routes)),
    listeners: parseListeners(says(ASKED.listeners)),
    listensOn: [...conf.matchAll(/^\s*listen on ([0-9a-fA-F]*[.:][0-9a-fA-F.:]*)/gm)].map(match => match[1] ?? ''),
  };
}

/** `1795327702 2026 Nov 22 06:08:22`: seconds since 1970, and the local time as syslogd writes it, with the year. */
export function parseClock(text: string): HostClock | null {
  const match = /^(\d+) (\d{4}) ([A-Z][a-z]{2}) +(\d+) (\d\d:\d\d:\d\d)\s*$/.exec(text);
  if (!match) return null;
  const local = Date.parse(`${match[3]} ${match[4]}, ${match[2]} ${match[5]} UTC`) / 1000;
  return Number.isNaN(local) ? null : { now: Number(match[1]), local };
}

/** Between `from` and `until` its clock was read: what lies outside is a difference that nothing else explains. */
function aheadOf(now: number, asked: Looked['asked']): number {
  const [from, until] = [Math.floor(asked.from / 1000), Math.ceil(asked.until / 1000)];
  return now < from ? now - from : now > until ? now - until : 0;
}

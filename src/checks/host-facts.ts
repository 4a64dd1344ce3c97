/** The state of one host as data: the answers of an exchange, parsed. */

import { type AliasFault, aliasFaults, GONE_MEMBERS, type GoneMember } from '../facts/alias-lines.ts';
import { BOOT } from '../facts/boot.ts';
import { CLOCK, type HostClock } from '../facts/clock.ts';
import { DISKS, type FileSystem } from '../facts/df.ts';
import type { DkimState } from '../facts/dkim-keys.ts';
import type { ForwardFile } from '../facts/forward-files.ts';
import { type Forwards, forwardsOf } from '../facts/forwards.ts';
import type { Interface, InterfaceAddress, WgInterface } from '../facts/ifconfig.ts';
import { CERTIFICATES, type InstalledCertificate } from '../facts/installed-certificates.ts';
import { ADDRESSES, INTERFACES } from '../facts/interfaces.ts';
import { LEFT_BY_RUN, type LeftByRun } from '../facts/left-by-run.ts';
import { LOOKUP_ORDER } from '../facts/lookup-order.ts';
import { LOSSES, type Losses } from '../facts/losses.ts';
import { MAILER } from '../facts/mailer.ts';
import type { MailEvent } from '../facts/maillog.ts';
import { NO_RULES, PF_ENABLED, type PfRules, pfRulesWith } from '../facts/pfctl-status.ts';
import type { ProbeOutputs } from '../facts/probe-outputs.ts';
import type { Refusals } from '../facts/refusals.ts';
import { RELEASE } from '../facts/release.ts';
import { type WaitingHeaders, waitingHeadersOf } from '../facts/waiting-headers.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import type { Observation } from '../run/converge.ts';
import type { Failure } from '../run/failure.ts';
import type { Plan } from '../run/plan.ts';
import { type Observed, textOf } from '../run/resource.ts';
import { ALIASES } from '../tasks/aliases.ts';
import { dkimKeys } from '../tasks/dkim.ts';
import { elsewhereOn } from '../tasks/hosts-file.ts';
import { CONF } from '../tasks/in-force.ts';
import type { NameElsewhere } from '../tasks/names-elsewhere.ts';
import { isTunnelHost, loginsAt } from '../tasks/neighbours.ts';
import { ANCHOR } from '../tasks/packet-filter.ts';
import { type Signing, signingIn } from '../tasks/smtpd-dkim.ts';
import { isFiltering } from '../tasks/smtpd-filters.ts';
import type { Asked } from './host-check.ts';
import { hasReceivers, mailLogOf, probesQuestion, refusalsOf } from './questions.ts';
import { type SmtpdFacts, smtpdFacts } from './smtpd-facts.ts';
import { tlsaDigests } from './tlsa.ts';

/** A host that could not be asked has a `failure` and nothing else. */
interface Unreached {
  readonly host: Host;
  readonly reached: false;
  readonly failure: Failure;
}

/** A host that answered, and all that is known of it. */
export interface HostFacts {
  readonly host: Host;
  readonly reached: true;
  /** `7.6`; null where it did not say. */
  readonly release: string | null;
  /** Seconds by which its clock is at least ahead of this machine's; null: unknown. */
  readonly clockAheadSeconds: number | null;
  readonly clock: HostClock | null;
  readonly upSeconds: number | null;
  /** The tunnel's interface before the probes, and after them; null where there is none. */
  readonly wg: WgInterface | null;
  readonly wgAfter: WgInterface | null;
  readonly addresses: readonly InterfaceAddress[];
  readonly smtpd: SmtpdFacts;
  readonly log: readonly MailEvent[];
  /** False where it has no mail log, so that nothing can be concluded from what is missing in it. */
  readonly keepsLog: boolean;
  readonly losses: Losses;
  /** Null where nothing is filtered. */
  readonly refusals: Refusals | null;
  /** Of a relay that has TLSA records: by mx name the digest of its key. */
  readonly tlsa: ReadonlyMap<string, string>;
  /** Null unless it is a relay and mail.dkim is on. */
  readonly dkim: DkimState | null;
  /** What its smtpd.conf signs with; null for nothing. */
  readonly signing: Signing | null;
  /** Of outbound mail that waits on a relay, oldest first. */
  readonly waitingHeaders: readonly WaitingHeaders[];
  readonly certificates: readonly InstalledCertificate[];
  readonly forwards: Forwards;
  /** The lines of aliases(5), those that smtpd cannot read, and members who have no account. */
  readonly aliases: {
    readonly lines: readonly string[];
    readonly faults: readonly AliasFault[];
    readonly gone: readonly GoneMember[];
  };
  /** Homes of those who get mail here, and their ~/.forward. */
  readonly forwardFiles: readonly ForwardFile[];
  readonly disks: readonly FileSystem[];
  /** `file bind`, as resolv.conf(5) has it; null where there is no such line. */
  readonly lookupOrder: string | null;
  /** What the admin's own lines of /etc/hosts do to the names of next hops. */
  readonly namesElsewhere: readonly NameElsewhere[];
  /** Path of the program that is run as sendmail; null where mailer.conf(5) names none, and it is smtpd's. */
  readonly mailer: string | null;
  /** Null where it did not say. */
  readonly pfEnabled: boolean | null;
  /** With those of mailtun's anchor. */
  readonly pfRules: PfRules;
  readonly interfaces: readonly Interface[];
  readonly left: LeftByRun;
  /** What a check of its own has asked (host-checks.ts). */
  readonly known: Asked['known'];
  /** What a probe has found out; null where it was not made, or nothing was heard. */
  readonly said: ProbeOutputs['said'];
  readonly plan: Plan;
}

/** A host, whether it answered or not. */
export type AskedHost = HostFacts | Unreached;

/** The facts of a host; null where it could not be asked, or was not. */
export function factsOf(all: readonly AskedHost[], name: string): HostFacts | null {
  const asked = all.find(one => one.host.name === name);
  return asked?.reached ? asked : null;
}

/** @param observation of this host, from an exchange with `healthQuestions`. */
export function askedHost(host: Host, fleet: Fleet, observation: Observation): AskedHost {
  const { observed, planned, failure, asked } = observation;
  if (!observed || !planned) {
    if (!failure) throw new Error(`${host.name} has neither answered nor failed`);
    return { host, reached: false, failure };
  }
  const outputs = observed.get(probesQuestion(host, fleet));
  const forwards = observed.get(forwardsOf(loginsAt(host, fleet)));
  const aliases = observed.file(ALIASES).content?.toString('latin1') ?? '';
  const clock = observed.get(CLOCK);
  const boot = observed.get(BOOT);
  return {
    host,
    reached: true,
    release: observed.get(RELEASE).version,
    clockAheadSeconds: clock && aheadOf(clock.now, asked),
    clock,
    upSeconds: clock && boot !== null ? clock.now - boot : null,
    ...tunnelFacts(host, observed),
    wg: outputs.before,
    wgAfter: outputs.after,
    smtpd: smtpdFacts(host, observed),
    ...mailFacts(host, fleet, observed),
    certificates: observed.get(CERTIFICATES),
    forwards: forwards.addresses,
    aliases: { lines: aliases.split('\n'), faults: aliasFaults(aliases), gone: observed.get(GONE_MEMBERS) },
    forwardFiles: forwards.files,
    disks: observed.get(DISKS),
    lookupOrder: observed.get(LOOKUP_ORDER),
    namesElsewhere: elsewhereOn(host, fleet, observed),
    mailer: observed.get(MAILER),
    left: observed.get(LEFT_BY_RUN),
    known: fact => observed.get(fact),
    said: outputs.said,
    plan: planned,
  };
}

function tunnelFacts(host: Host, observed: Observed) {
  return {
    addresses: observed.get(ADDRESSES),
    interfaces: observed.get(INTERFACES),
    pfEnabled: observed.get(PF_ENABLED),
    pfRules: isTunnelHost(host) ? observed.get(pfRulesWith(ANCHOR)) : NO_RULES,
  };
}

function mailFacts(host: Host, fleet: Fleet, observed: Observed) {
  const log = observed.get(mailLogOf(host));
  return {
    log: log.events,
    keepsLog: log.isKept,
    losses: observed.get(LOSSES),
    refusals: isFiltering(host) ? observed.get(refusalsOf(host, fleet)) : null,
    tlsa: tlsaDigests(host, observed),
    signing: signingIn(textOf(observed, CONF)),
    waitingHeaders: hasReceivers(host, fleet) ? observed.get(waitingHeadersOf(fleet.domains)) : [],
    dkim: host.role === 'relay' && fleet.mail.dkim !== null ? observed.get(dkimKeys(fleet)) : null,
  };
}

/** Its clock was read between `from` and `until`: only a time outside of that is certainly a difference. */
function aheadOf(now: number, asked: Observation['asked']): number {
  const [from, until] = [Math.floor(asked.from / 1000), Math.ceil(asked.until / 1000)];
  return now < from ? now - from : now > until ? now - until : 0;
}

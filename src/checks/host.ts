/** A host by itself: whether it is reached, its clock, its disks. Pure. */
import type { ProblemCode } from '../codes/problems.ts';
import { hostPrefix } from '../hosts/addresses.ts';
import type { Fleet } from '../hosts/fleet.ts';
import { clockProblems } from './clock.ts';
import type { AskedHost, HostFacts } from './host-facts.ts';
import { elsewhereProblems } from './names-elsewhere.ts';
import { firstProblem, type Problem, problem, type Verdict, well } from './problem.ts';
import { on, span } from './remedies.ts';
import { smtpdProblem } from './smtpd.ts';

/** @param all hosts: their clocks are compared. */
export function judgeHost(asked: AskedHost, all: readonly AskedHost[], fleet: Fleet): Verdict {
  if (!asked.reached) return { kind: 'broken', problem: unreachable(asked, all, fleet) };
  const found = firstProblem([
    () => clockOff(asked, all),
    () => fullDisk(asked),
    () => exitedForAddress(asked, fleet),
    // Without TLS provision refuses the host for it: mail may be lost.
    () => (fleet.mail.tls ? null : (elsewhereProblems(asked, fleet)[0] ?? null)),
    () => cannotProvision(asked),
  ]);
  return found ? { kind: 'broken', problem: found } : well(`OpenBSD ${asked.release ?? ''}`.trim());
}

function unreachable(
  { host, failure }: Extract<AskedHost, { reached: false }>,
  all: readonly AskedHost[],
  fleet: Fleet,
): Problem {
  const { code, what, remedy } = failure;
  if (code === 'daemon-not-answering')
    return problem(host, 'smtpd-not-answering', { what, evidence: `smtpctl show queue on ${host.name}`, remedy });
  const known = host.role === 'workstation' ? null : lastHandshakeOf(host.tunnel.address, all, fleet);
  return problem(host, 'host-unreachable', {
    what: `${host.name} cannot be reached`,
    evidence: known === null ? what : `${what}; ${known}`,
    remedy,
  });
}

/** What another end of its tunnel knows about a host that does not answer ssh. */
function lastHandshakeOf(address: string, all: readonly AskedHost[], fleet: Fleet): string | null {
  for (const asked of all) {
    if (!asked.reached) continue;
    const peer = (asked.wgAfter ?? asked.wg)?.peers.find(one => one.allowedIps.includes(hostPrefix(address)));
    if (!peer) continue;
    const age = peer.handshakeAgeSeconds;
    const { interface: name } = fleet.tunnel;
    return age === null
      ? `${asked.host.name} has had no handshake with it on ${name}`
      : `its last handshake with ${asked.host.name} on ${name} was ${span(age)} ago`;
  }
  return null;
}

function clockOff({ host }: HostFacts, all: readonly AskedHost[]): Problem | null {
  const clocks = all.flatMap(asked => (asked.reached ? [{ host: asked.host, ahead: asked.clockAheadSeconds }] : []));
  return clockProblems(clocks).find(found => found.host === host.name) ?? null;
}

/** smtpd takes no mail where less than 5 % of its queue's disk or of the inodes there is free (queue_fs.c). */
const FULL_PERCENT = 95;
const FILLING_PERCENT = 90;
const LITTLE_KILOBYTES = 200 * 1024;

function fullDisk({ host, disks }: HostFacts): Problem | null {
  for (const { mount, usedPercent, usedInodesPercent, availableKilobytes } of disks) {
    const little = usedPercent >= FILLING_PERCENT && availableKilobytes < LITTLE_KILOBYTES;
    const full = usedPercent > FULL_PERCENT || little;
    if (!full && (usedInodesPercent ?? 0) <= FULL_PERCENT) continue;
    const what = `the disk of ${host.name} is filling up`;
    if (full) {
      const left = `${usedPercent} % full, ${Math.round(availableKilobytes / 1024)} MB are left`;
      return problem(host, 'disk-full', {
        what,
        evidence: `df: ${mount} is ${left}`,
        remedy: on(host, `du -xk ${mount} | sort -n | tail`),
      });
    }
    const many = `find ${mount} -xdev -type d -exec stat -f '%z %N' {} + | sort -n | tail`;
    return problem(host, 'disk-full', {
      what,
      evidence: `df -i: ${usedInodesPercent} % of the inodes of ${mount} are used`,
      remedy: on(host, many),
    });
  }
  return null;
}

const ADDRESS_CODES: readonly ProblemCode[] = [
  'smtpd-address-missing',
  'smtpd-address-tentative',
  'smtpd-address-late',
];

/** smtpd exited because of an address of the host, so the host itself is to blame. */
function exitedForAddress(facts: HostFacts, fleet: Fleet): Problem | null {
  const stopped = smtpdProblem(facts, fleet);
  return stopped && ADDRESS_CODES.includes(stopped.code) ? stopped : null;
}

/** What provision cannot fix: an address or a user that is missing. */
function cannotProvision({ host, plan }: HostFacts): Problem | null {
  const [failure] = plan.failures;
  return failure
    ? problem(host, 'cannot-provision', { what: failure.what, evidence: failure.where, remedy: failure.remedy })
    : null;
}

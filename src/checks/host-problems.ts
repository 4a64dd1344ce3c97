/** Problems of a host that do not stop mail yet. Pure. */

import { smtpSession } from '../facts/smtp-session.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { plural } from '../run/plural.ts';
import { isTunnelHost } from '../tasks/neighbours.ts';
import { goneMembers, refusedAliases } from './alias-lines.ts';
import { bootProblems } from './boot-settings.ts';
import { certificateProblem, dueCertificates } from './certificates.ts';
import { refusalNotes } from './filters.ts';
import { refusedForwards } from './forward-files.ts';
import { forwardedOutside } from './forwards.ts';
import { HOST_CHECKS } from './host-checks.ts';
import { type AskedHost, factsOf, type HostFacts } from './host-facts.ts';
import { knownLosses, lossProblems } from './loss.ts';
import { isRecent } from './mail-log.ts';
import { elsewhereProblems } from './names-elsewhere.ts';
import { hopsOf } from './path.ts';
import { type Problem, problem } from './problem.ts';
import { missingLogin, strandedProblem } from './queue.ts';
import { isUnsupported } from './releases.ts';
import { on, provisionCommand, span } from './remedies.ts';
import { retiringProblem } from './retiring.ts';

/** @param all hosts: certificates are compared with those that smtpd presents to others. */
export const hostProblems = (
  facts: HostFacts,
  all: readonly AskedHost[],
  fleet: Fleet,
  now: number,
): readonly Problem[] => [
  ...facts.certificates.flatMap(one => certificateProblem(one, facts.host, fleet, now) ?? []),
  ...servedOld(facts, all, fleet),
  ...lossProblems(facts, fleet),
  ...refusedAliases(facts),
  ...goneMembers(facts, fleet),
  ...refusedForwards(facts),
  ...forwardedOutside(facts, fleet),
  ...elsewhereProblems(facts, fleet),
  ...otherMailer(facts),
  ...unfiltered(facts, fleet),
  ...bootProblems(facts, fleet),
  ...leftBehind(facts, fleet),
  ...HOST_CHECKS.flatMap(check => check.problems(facts)),
  ...strandedProblem(facts, fleet),
  ...missingLogin(facts),
  ...retiringProblem(facts, all, fleet),
];

/** The certificates that smtpd presents, compared with those on disk. */
function servedOld(here: HostFacts, all: readonly AskedHost[], fleet: Fleet): readonly Problem[] {
  const shown = shownBy(here.host, all, fleet);
  return here.certificates.flatMap(({ name, path, facts }) => {
    const served = shown.get(name);
    if (!facts || served === undefined || served === facts.fingerprint) return [];
    return problem(here.host, 'certificate-not-reloaded', {
      what: `smtpd on ${here.host.name} presents an older certificate of ${name}`,
      evidence: `it presents SHA256:${served.slice(0, 16)}…, ${path} holds SHA256:${facts.fingerprint.slice(0, 16)}…`,
      remedy: on(here.host, 'rcctl restart smtpd'),
    });
  });
}

/** Fingerprints by name, from the probes of the neighbours and of the host itself. */
function shownBy(host: Host, all: readonly AskedHost[], fleet: Fleet): ReadonlyMap<string, string> {
  const met = hopsOf(fleet).flatMap(hop => (hop.kind === 'smtp' && hop.to === host ? [{ by: hop.from, hop }] : []));
  const own = host.role === 'relay' ? host.mx.map(mx => ({ by: host, hop: mx })) : [];
  return new Map(
    [...met, ...own].flatMap(({ by, hop }) => {
      const shown = factsOf(all, by.name)?.said(smtpSession(hop))?.tls.certificate;
      return shown ? [[hop.name, shown.fingerprint] as const] : [];
    }),
  );
}

/** Mail of cron and of every program that runs sendmail reaches root's mailbox by smtpd alone (mailwrapper(8)). */
function otherMailer({ host, mailer }: HostFacts): readonly Problem[] {
  if (mailer === null || mailer.endsWith('/smtpctl')) return [];
  return [
    problem(host, 'mailer-not-smtpd', {
      what: `programs on ${host.name} send mail with ${mailer}, not with smtpd`,
      evidence: `/etc/mailer.conf: sendmail ${mailer}`,
      remedy: on(host, "sed -i 's|^[[:space:]]*sendmail[[:space:]].*|sendmail /usr/sbin/smtpctl|' /etc/mailer.conf"),
    }),
  ];
}

/** While pf is disabled, the rules are not evaluated. Provision does not enable it: that is the admin's decision. */
function unfiltered({ host, pfEnabled }: HostFacts, fleet: Fleet): readonly Problem[] {
  if (!fleet.packetFilter.enabled || !isTunnelHost(host) || pfEnabled !== false) return [];
  return [
    problem(host, 'pf-disabled', {
      what: `pf is disabled on ${host.name}, so the tunnel is not filtered`,
      evidence: 'pfctl -si: Status: Disabled',
      remedy: `${on(host, 'rcctl enable pf; pfctl -e')}; or write packet_filter: off`,
    }),
  ];
}

/** How long a run may take before its lock or its dead-man switch is a leftover. */
const RUN_SECONDS = 900;

function leftBehind({ host, left, clock }: HostFacts, fleet: Fleet): readonly Problem[] {
  const { lock, armedAt, reverted } = left;
  const armed = armedAt === null || clock === null ? 0 : clock.now - armedAt;
  return [
    lock && !lock.alive
      ? problem(host, 'lock-left', {
          what: `an interrupted run has left its lock on ${host.name}`,
          evidence: `${lock.who}, since ${lock.since}; its shell has ended`,
          remedy: provisionCommand(fleet, host),
        })
      : null,
    armed > RUN_SECONDS
      ? problem(host, 'dead-man-left-armed', {
          what: `the dead-man switch is armed on ${host.name}`,
          evidence: `for ${span(armed)}`,
          remedy: provisionCommand(fleet, host),
        })
      : null,
    reverted.length > 0
      ? problem(host, 'rolled-back', {
          what: `${host.name} rolled back an unconfirmed change`,
          evidence: reverted.join('; '),
          remedy: `check what it would change, and the connection to the host: ${provisionCommand(fleet, host)} --check --diff`,
        })
      : null,
  ].filter(one => one !== null);
}

/** Notes for people that are not problems. */
export function notesOn(facts: HostFacts, fleet: Fleet, now: number): readonly string[] {
  const lost = facts.log.filter(
    event => event.kind === 'delivery' && event.result === 'PermFail' && isRecent(event, facts.clock),
  ).length;
  const known = knownLosses(facts, fleet);
  const bounces = facts.log.filter(event => event.kind === 'bounce lost' && isRecent(event, facts.clock)).length;
  return [
    ...(facts.release !== null && isUnsupported(facts.release, now)
      ? [`OpenBSD ${facts.release} is no longer supported: sysupgrade(8)`]
      : []),
    ...dueCertificates(facts.certificates, now),
    ...(lost > 0 ? [`${plural(lost, 'message')} failed permanently since yesterday`] : []),
    ...refusalNotes(facts),
    ...(known > 0 ? [`${plural(known, 'lost message')} acknowledged within 7 days`] : []),
    ...(bounces > 0 && fleet.mail.bounces.mode === 'send' ? [`${plural(bounces, 'bounce')} lost since yesterday`] : []),
  ];
}

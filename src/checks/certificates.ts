/** Whether the certificates that a host presents stay valid for some time, and how each is renewed. Pure. */
import type { CertificateFacts } from '../facts/certificate-text.ts';
import type { InstalledCertificate } from '../facts/installed-certificates.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { vouchedNames, vouchedPki } from '../tasks/shown-certificates.ts';
import { type Problem, problem, type Remedy } from './problem.ts';
import { on, provision, provisionAll, span } from './remedies.ts';

const [HOUR, DAY] = [3_600_000, 86_400_000];

/** @param now milliseconds since 1970. */
export function certificateProblem(
  certificate: InstalledCertificate,
  host: Host,
  fleet: Fleet,
  now: number,
): Problem | null {
  const wrong = faultOf(certificate, host);
  if (!wrong) return certificate.facts && outOfTime({ ...certificate, facts: certificate.facts }, host, fleet, now);
  const { code, what } = wrong;
  return problem(host, code, { what, evidence: certificate.path, remedy: replacing(certificate, host, fleet) });
}

/** What is wrong with it whatever the date. */
function faultOf({ name, facts, keyFits }: InstalledCertificate, host: Host): Pick<Problem, 'code' | 'what'> | null {
  if (!facts) return { code: 'certificate-missing', what: `there is no certificate of ${name} on ${host.name}` };
  if (keyFits === false)
    return { code: 'certificate-key-mismatch', what: `the key of ${name} does not match its certificate` };
  if (!facts.names(name))
    return { code: 'certificate-name-mismatch', what: `the certificate of ${name} is not valid for that name` };
  return null;
}

type ValidCertificate = InstalledCertificate & { readonly facts: CertificateFacts };

function outOfTime(certificate: ValidCertificate, host: Host, fleet: Fleet, now: number): Problem | null {
  const { name, path, facts } = certificate;
  const whose = `the certificate of ${name}`;
  if (facts.from > now + HOUR)
    return problem(host, 'certificate-not-yet-valid', {
      what: `${whose} is not valid yet`,
      evidence: `${path}: from ${new Date(facts.from).toISOString()}`,
      // Clocks are checked earlier: acme-client got this one while the clock was wrong, and would keep it until it expires.
      remedy:
        originOf(certificate, host) === 'acme'
          ? on(host, `acme-client -Fv ${name} && rcctl restart smtpd`)
          : renewing(certificate, host, fleet),
    });
  const left = facts.until - now;
  if (left >= lastChance(facts)) return null;
  const until = `${path}: ${new Date(facts.until).toISOString()}`;
  const remedy = renewing(certificate, host, fleet);
  return left < 0
    ? problem(host, 'certificate-expired', { what: `${whose} on ${host.name} has expired`, evidence: until, remedy })
    : problem(host, 'certificate-expiring', {
        what: `${whose} is about to expire`,
        evidence: `${until}, in ${span(left / 1000)}`,
        remedy,
      });
}

/**
 * Milliseconds before its expiry at which it is renewed: acme-client(1) of 8.0 renews when a third of the lifetime is
 * left, or half of one of ten days or less; that of 7.8, and mailtun for self-signed ones, at 30 days.
 */
function renewalTime({ from, until }: CertificateFacts): number {
  const life = until - from;
  return Math.min(life <= 10 * DAY ? life / 2 : life / 3, 30 * DAY);
}

/** Milliseconds before its expiry at which the renewal is overdue: half of the time above, and two weeks at most. */
const lastChance = (facts: CertificateFacts): number => Math.min(renewalTime(facts) / 2, 14 * DAY);

/** A note for each certificate that is due for renewal but not overdue. */
export const dueCertificates = (all: readonly InstalledCertificate[], now: number): readonly string[] =>
  all.flatMap(({ name, facts }) => {
    if (!facts) return [];
    const left = facts.until - now;
    if (left < lastChance(facts) || left >= renewalTime(facts)) return [];
    return `the certificate of ${name} is due for renewal, with ${span(left / 1000)} left`;
  });

type Origin = 'self-signed' | 'acme' | 'files';

/** Where a certificate comes from; a relay presents its self-signed one until it has the one that the inventory names. */
function originOf({ name, path }: InstalledCertificate, host: Host): Origin {
  if (host.role !== 'relay' || !vouchedNames(host).includes(name)) return 'self-signed';
  const isVouched = vouchedPki(host, name).cert === path;
  return isVouched && host.certificates.kind !== 'self_signed' ? host.certificates.kind : 'self-signed';
}

/** Replaces a broken one. For a new self-signed one all hosts are provisioned, because the neighbours have to trust it. */
function replacing(certificate: InstalledCertificate, host: Host, fleet: Fleet): Exclude<Remedy, string> {
  const origin = originOf(certificate, host);
  if (origin === 'self-signed') return provisionAll(fleet);
  return provision(fleet, host, origin === 'acme' ? 'acme' : 'own-certificates', 'smtpd');
}

/** How the certificate of a name that a host shows is renewed, where mailtun does not make it; null where it does. */
export function renewalByOthers(
  certificates: readonly InstalledCertificate[],
  name: string,
  host: Host,
  fleet: Fleet,
): Remedy | null {
  const certificate = certificates.find(one => one.name === name);
  return certificate && originOf(certificate, host) !== 'self-signed' ? renewing(certificate, host, fleet) : null;
}

/** Renews one that expires: acme-client has its own renewal, and the user's files are renewed by the user. */
function renewing(certificate: InstalledCertificate, host: Host, fleet: Fleet): Remedy {
  const origin = originOf(certificate, host);
  if (origin === 'acme') return on(host, `acme-client -v ${certificate.name} && rcctl restart smtpd`);
  const remedy = replacing(certificate, host, fleet);
  if (host.role !== 'relay' || host.certificates.kind !== 'files' || origin !== 'files') return remedy;
  return `renew ${host.certificates.files[certificate.name]?.cert} on this machine, then ${remedy.provision}`;
}

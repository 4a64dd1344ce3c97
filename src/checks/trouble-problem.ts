/** From a failure on a hop to the problem that is reported: the host at fault, and what to type. Pure. */
import type { ProblemCode } from '../codes/problems.ts';
import type { Packet } from '../facts/pf-rules.ts';
import { clientFault, isFailedHandshake } from '../facts/smtp-reasons.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { innerAddresses } from '../tasks/former-names.ts';
import { renewalByOthers } from './certificates.ts';
import type { HostFacts } from './host-facts.ts';
import { writtenAt } from './mail-log.ts';
import type { SmtpHop } from './path.ts';
import { pfRemedy, toPort25 } from './pf-remedies.ts';
import { type Problem, problem, type Remedy } from './problem.ts';
import { on, ping, provision, provisionAll } from './remedies.ts';
import type { Trouble } from './trouble.ts';

type Wording = (
  hop: SmtpHop,
  fleet: Fleet,
  to: HostFacts,
) => { readonly host: Host; readonly code: ProblemCode; readonly what: string; readonly remedy: Remedy };

const both = (fleet: Fleet, { from, to }: SmtpHop): Remedy => ({
  provision: `mailtun provision ${fleet.path} --host ${from.name} --host ${to.name}`,
  hosts: [from.name, to.name],
});

const blocked: Wording = (hop, fleet, to) => ({
  host: hop.to,
  code: 'smtp-blocked',
  what: `port 25 is blocked between ${hop.from.name} and ${hop.to.name}`,
  remedy:
    pfRemedy(to, connection(hop, to), fleet) ??
    `allow TCP from ${hop.from.name} to ${hop.address} port 25: pfctl -sr on ${hop.to.name} and on ${hop.from.name}, and any filter between them`,
});

const connection = ({ address, from, tunnel }: SmtpHop, to: HostFacts): Packet => ({
  ...toPort25(to, address),
  ...(tunnel && from.role !== 'workstation' ? { from: from.tunnel.address } : {}),
});

const failed: Wording = (hop, fleet, to) => ({
  host: hop.from,
  code: 'smtp-failed',
  what: `${hop.from.name} cannot send mail to ${hop.to.name}`,
  remedy:
    to.plan.changes.length > 0 ? provisionAll(fleet) : on(hop.from, 'tail -n 50 /var/log/maillog; smtpctl show queue'),
});

const WORDINGS: Readonly<Record<Trouble['kind'], Wording>> = {
  refused: blocked,
  'no answer': blocked,
  'blocked here': hop => ({
    host: hop.from,
    code: 'smtp-blocked',
    what: `pf on ${hop.from.name} blocks its own connections to ${hop.to.name}`,
    remedy: on(hop.from, `allow TCP out to ${hop.address} port 25 in /etc/pf.conf; pfctl -sr shows the rules`),
  }),
  'no tunnel': hop => ({
    host: hop.to,
    code: 'tunnel-endpoint-unknown',
    what: `${hop.from.name} does not know the endpoint of ${hop.to.name} yet: nothing was received from it`,
    remedy: on(hop.to, ping(hop.tunnel?.relay.tunnel.address ?? hop.address)),
  }),
  unresolved: (hop, fleet) => ({
    host: hop.from,
    code: 'name-unresolved',
    what: `${hop.name} does not resolve on ${hop.from.name}`,
    remedy: provision(fleet, hop.from, 'hosts-file'),
  }),
  'no tls': (hop, fleet) => ({
    host: hop.to,
    code: 'tls-not-offered',
    what: `${hop.to.name} does not offer TLS to ${hop.from.name} on ${hop.address}`,
    remedy: provisionAll(fleet),
  }),
  untrusted: (hop, fleet) => ({
    host: hop.from,
    code: 'certificate-untrusted',
    what: `${hop.from.name} does not trust the certificate of ${hop.name}`,
    remedy: both(fleet, hop),
  }),
  misnamed: (hop, fleet) => ({
    host: hop.to,
    code: 'certificate-name-mismatch',
    what: `the certificate of ${hop.to.name} is not valid for ${hop.name}`,
    remedy: both(fleet, hop),
  }),
  expired: (hop, fleet, to) => ({
    host: hop.to,
    code: 'certificate-expired',
    what: `the certificate of ${hop.name} on ${hop.to.name} has expired`,
    // Those that mailtun makes are pinned by the other side.
    remedy: renewalByOthers(to.certificates, hop.name, hop.to, fleet) ?? both(fleet, hop),
  }),
  'not yet valid': (hop, fleet, to) => ({
    host: hop.to,
    code: 'certificate-not-yet-valid',
    what: `the certificate of ${hop.name} is not valid yet`,
    // Clocks are checked earlier.
    remedy: renewalByOthers(to.certificates, hop.name, hop.to, fleet) ?? both(fleet, hop),
  }),
  'client untrusted': (hop, fleet) => ({
    host: hop.to,
    code: 'client-certificate-untrusted',
    what: `${hop.to.name} does not trust the certificate of ${hop.shows}`,
    remedy: both(fleet, hop),
  }),
  'client missing': (hop, fleet) => ({
    host: hop.from,
    code: 'client-certificate-missing',
    what: `${hop.from.name} presents no certificate to ${hop.to.name}`,
    remedy: provisionAll(fleet),
  }),
  'client expired': (hop, fleet) => ({
    host: hop.from,
    code: 'certificate-expired',
    what: `the certificate of ${hop.shows} on ${hop.from.name} has expired`,
    remedy: both(fleet, hop),
  }),
  password: (hop, fleet) => ({
    host: hop.from,
    code: 'password-refused',
    what: `${hop.to.name} refuses the password of ${hop.from.name}`,
    remedy: provisionAll(fleet),
  }),
  recipient: (hop, fleet) => ({
    host: hop.to,
    code: 'recipient-refused',
    what: `${hop.to.name} does not know a recipient`,
    // Those of the inventory are tried, so what is refused is missing on the host.
    remedy: provisionAll(fleet),
  }),
  downgraded: (hop, fleet) => ({
    host: hop.from,
    code: 'tls-downgraded',
    what: `${hop.from.name} falls back to plain SMTP towards ${hop.to.name}, so mail is lost`,
    remedy: provisionAll(fleet),
  }),
  'no reply': failed,
  'address family': failed,
  other: failed,
};

/** A failure, reported for the host that has to be fixed. */
export function troubleProblem(trouble: Trouble, hop: SmtpHop, to: HostFacts, fleet: Fleet): Problem {
  const { host, code, what, remedy } = WORDINGS[trouble.kind](hop, fleet, to);
  const isFarSides = trouble.kind.startsWith('client') || ['no reply', 'other'].includes(trouble.kind);
  const heard = isFarSides ? (lostSession(hop, to)?.reason ?? null) : null;
  return problem(host, code, {
    what,
    evidence: heard === null ? trouble.evidence : `${trouble.evidence}; ${hop.to.name} says: ${heard}`,
    remedy,
  });
}

/** Seconds for which a line in the far side's log counts as being about the probe. */
const JUST_NOW = 60;

/**
 * Why there was no reply, by the far side's log: the TLS alert that tells why a client certificate is refused may be lost,
 * because the connection is reset when the client has sent more (ssl_err.c).
 */
export function explained(trouble: Trouble, hop: SmtpHop, to: HostFacts): Trouble {
  const last = trouble.kind === 'no reply' ? lostSession(hop, to) : null;
  const written = last && writtenAt(last, to.clock);
  if (!last || written === null || to.clock === null || to.clock.now - written > JUST_NOW) return trouble;
  return { ...trouble, kind: clientFault(last.reason) ?? trouble.kind };
}

/** The last session of this hop's client that the far side's log says has failed; other clients do not count. */
function lostSession(hop: SmtpHop, to: HostFacts) {
  if (hop.to !== to.host) return null;
  const own = innerAddresses(hop.from);
  const sessions = new Set(
    to.log.flatMap(event => (event.kind === 'connected' && own.includes(event.address) ? [event.session] : [])),
  );
  const last = to.log.findLast(
    event => event.kind === 'disconnected' && sessions.has(event.session) && isFailedHandshake(event.reason),
  );
  return last?.kind === 'disconnected' ? last : null;
}

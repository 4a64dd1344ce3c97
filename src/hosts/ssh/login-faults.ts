/** What can go wrong before and during a login, as Failures with a remedy. Pure. */
import { Failure } from '../../run/failure.ts';
import { oneLine } from '../shell/one-line.ts';

/** The host to be reached, for messages. */
export interface Destination {
  /** The host's name in the inventory. */
  readonly where: string;
  readonly hostname: string;
  readonly port: number;
  readonly user: string;
  /** The same as a command: `ssh -p 2201 root@namorar.example.com`. */
  readonly command: string;
}

/** The stage that a login has reached. */
export type Stage = 'greeting' | 'host key' | 'login' | 'session';

/** The Failure of a connection attempt. @param error of a socket; `code` as in errno(2) or of getaddrinfo(3). */
export function unreachable(destination: Destination, error: { code?: string; message: string }): Failure {
  const { where, hostname, port, command } = destination;
  const there = `${hostname} port ${port}`;
  switch (error.code) {
    case 'ENOTFOUND':
    case 'EAI_NONAME':
    case 'EAI_NODATA':
      return unresolved(where, `the name "${hostname}" does not resolve`, 'correct ssh: host, or DNS: host NAME');
    case 'EAI_AGAIN':
      return unresolved(where, `"${hostname}" cannot be resolved: no name server answers`, 'check /etc/resolv.conf');
    case 'ECONNREFUSED':
      return new Failure(
        'connection-refused',
        `${there} refuses the connection`,
        where,
        'no sshd listens there: check the port, and on the host: rcctl check sshd',
      );
    case 'ETIMEDOUT':
      return new Failure(
        'connection-timed-out',
        `${there} does not answer`,
        where,
        `is the host up, and does its pf pass port ${port}? try: ${command}`,
      );
    case 'ECONNRESET':
      return brokenLogin(destination, 'greeting', Buffer.alloc(0), 'it was reset');
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'EHOSTDOWN':
      return new Failure(
        'no-route',
        `no route to ${there} from here (${error.code})`,
        where,
        `check this machine's network and routes: route -n get ${hostname}`,
      );
  }
  const what = `${there}: ${oneLine(error.message) ?? error.code}`;
  return new Failure('connection-failed', what, where, `try by hand: ${command}`);
}

const unresolved = (where: string, what: string, remedy: string): Failure =>
  new Failure('host-unresolved', what, where, remedy);

/**
 * The Failure of a connection that ended before the login was complete.
 * @param said the first bytes from the other side.
 */
export function brokenLogin(destination: Destination, stage: Stage, said: Buffer, problem: string): Failure {
  const { where, hostname, port, command } = destination;
  const there = `${hostname} port ${port}`;
  return (
    turnedAway(there, where, stage, said) ??
    disagreement(there, where, problem) ??
    new Failure(
      'connection-failed',
      `${there} ended the connection ${DURING[stage]} (${oneLine(problem) ?? 'without a message'})`,
      where,
      `see /var/log/authlog there; try by hand: ${command}`,
    )
  );
}

const DURING: Readonly<Record<Stage, string>> = {
  greeting: 'before its greeting',
  'host key': 'during the key exchange',
  login: 'during the login',
  session: 'after the login',
};

/** What the greeting shows: sshd refuses this address for now, or there is no sshd. */
function turnedAway(there: string, where: string, stage: Stage, said: Buffer): Failure | null {
  const greeting = said.toString('latin1');
  if (/Not allowed at this time|Exceeded MaxStartups/.test(greeting))
    return new Failure(
      'logins-limited',
      `sshd at ${there} refuses this address temporarily ("${oneLine(said)}")`,
      where,
      'too many failed or simultaneous logins (PerSourcePenalties, MaxStartups of sshd_config): wait a minute, run again',
    );
  if (stage === 'greeting' && !'SSH-'.startsWith(greeting) && !/(^|\n)SSH-/.test(greeting))
    return new Failure(
      'connection-failed',
      `${there} is not an ssh server, it says "${oneLine(said.subarray(0, 120))}"`,
      where,
      'correct the port under ssh: port',
    );
  return null;
}

/** Messages of sshd and ssh2 about keys and algorithms. */
function disagreement(there: string, where: string, problem: string): Failure | null {
  if (/Too many authentication failures/.test(problem))
    return new Failure(
      'login-refused',
      `sshd at ${there} accepts no more keys (MaxAuthTries)`,
      where,
      'set the right key under ssh: identity_file',
    );
  if (/no matching|mutual/i.test(problem))
    return new Failure(
      'connection-failed',
      `sshd at ${there} and mailtun have no algorithm in common (${oneLine(problem)})`,
      where,
      'remove the restriction from Ciphers, MACs, KexAlgorithms or HostKeyAlgorithms, here or on the host',
    );
  return null;
}

/** The outcome of offering one key. */
export interface Attempt {
  /** `~/.ssh/id_ed25519 (agent)`. */
  readonly key: string;
  /** `refused`, or what else happened. */
  readonly outcome: string;
}

/**
 * The Failure where sshd has accepted none of the keys.
 * @param methods what sshd still accepts; null where it has not said so.
 * @param kept keys that were not offered: `surplus`, so as not to be locked out; `unusable`, with the reason.
 */
export function refusedLogin(
  { where, hostname, user, command }: Destination,
  attempts: readonly Attempt[],
  methods: readonly string[] | null,
  kept: { readonly surplus: readonly string[]; readonly unusable: readonly string[] },
): Failure {
  const tried = attempts.map(({ key, outcome }) => `${key}: ${outcome}`).join('; ');
  const takes = methods ? `; it accepts ${methods.join(', ')}` : '';
  const { surplus, unusable } = kept;
  const left = [...surplus, ...unusable].length > 0 ? `; not offered: ${[...surplus, ...unusable].join(', ')}` : '';
  if (methods !== null && !methods.includes('publickey'))
    return new Failure(
      'login-refused',
      `${user}@${hostname} cannot log in with a key alone${takes}`,
      where,
      `allow it in sshd_config on the host (PubkeyAuthentication, AuthenticationMethods), at least for ${user}`,
    );
  if (attempts.length === 0 && unusable.length > 0)
    return new Failure(
      'ssh-key-unusable',
      `there is no key to log in with as ${user}${left}${takes}`,
      where,
      'ssh-add the key (a token: ssh-add -K or -s), or set another under ssh: identity_file',
    );
  if (attempts.length === 0)
    return new Failure(
      'ssh-key-unusable',
      `there is no key to log in with as ${user}: the agent has none and none of the identity files exists${takes}`,
      where,
      `ssh-add your key, or set it under ssh: identity_file`,
    );
  return new Failure(
    'login-refused',
    `${user}@${hostname} accepts none of the keys (${tried}${left}${takes})`,
    where,
    surplus.length > 0
      ? 'set the right key under ssh: identity_file'
      : `put the public key into authorized_keys of ${user} on the host (and PermitRootLogin prohibit-password into sshd_config for root); if it is there, /var/log/authlog has the reason, such as AllowUsers; try by hand: ${command}`,
  );
}

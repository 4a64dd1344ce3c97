/** What `mailtun init` finds out on a host: in one exchange, in limited time, without asking anybody for anything. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Interface, parseInterfaces } from '../facts/ifconfig.ts';
import { parseLogins } from '../facts/passwd.ts';
import type { Prefix } from '../hosts/addresses.ts';
import { connect } from '../hosts/connect.ts';
import type { SshTarget } from '../hosts/fleet.ts';
import { complaintAbout, hostAddress, login, publicName } from '../hosts/inventory/formats.ts';
import { destinationOf } from '../hosts/inventory/ssh-formats.ts';
import { createPool } from '../hosts/ssh/pool.ts';
import type { Section, Session } from '../run/exchange.ts';
import { Failure } from '../run/failure.ts';

/** Facts about a host, found by a login. All of them are valid in an inventory. */
export interface ExaminedHost {
  /** `7.6`. */
  readonly release: string;
  /** A name with a dot; null for any other. */
  readonly hostname: string | null;
  /** Addresses of the interface with the default route. */
  readonly outside: readonly Prefix[];
  /** Those of all other interfaces but wg(4)'s. */
  readonly inside: readonly Prefix[];
  /** Address of the first wg(4) interface. */
  readonly tunnel: string | null;
  readonly logins: readonly string[];
}

/** Examines a host, which is named as after ssh(1). @throws Failure */
export type Examine = (ssh: string) => Promise<ExaminedHost>;

const SECONDS = { step: 3, all: 8 };

const QUESTIONS = ['uname -sr', 'hostname', 'ifconfig', 'cut -d : -f 1,3,7 /etc/passwd'];

/**
 * Uses known host keys, the agent and key files without a passphrase, as ssh -o BatchMode=yes would.
 * @param sshConfigFile as for `ssh -F`.
 */
export const examineOverSsh =
  (sshConfigFile?: string): Examine =>
  async ssh => {
    const examining = ask(ssh, sshConfigFile);
    const late = new AbortController();
    const tooLong = pause(SECONDS.all * 1000, null, { signal: late.signal });
    tooLong.catch(() => {});
    const answers = await Promise.race([examining, tooLong]).finally(() => late.abort());
    if (answers === null) {
      examining.catch(() => {});
      throw new Failure('connection-timed-out', `it did not answer in ${SECONDS.all} s`, ssh, 'it was skipped');
    }
    return examinedFrom(ssh, answers);
  };

async function ask(ssh: string, sshConfigFile: string | undefined): Promise<readonly string[]> {
  const options = {
    pool: createPool(async () => null),
    connectTimeoutSeconds: SECONDS.step,
    silenceSeconds: SECONDS.step,
    ...(sshConfigFile === undefined ? {} : { sshConfigFile }),
  };
  const session: Session = await connect({ name: ssh, ssh: targetOf(ssh) }, { hosts: [] }, options);
  try {
    const sections = QUESTIONS.map((script): Section => ({ label: script, script, kind: 'ask' }));
    const answers = await session.exchange(sections);
    return answers.map(answer => answer?.stdout.toString('utf8') ?? '');
  } finally {
    await session.close();
  }
}

function targetOf(ssh: string): SshTarget {
  const parts = destinationOf(ssh);
  if (ssh === 'local' || parts === null) return { kind: 'local', become: null };
  return { kind: 'ssh', ...parts, identityFile: null, jump: null, become: null, hostKey: null };
}

/** Parses the answers to QUESTIONS. @throws Failure for a host that does not run OpenBSD. */
export function examinedFrom(ssh: string, answers: readonly string[]): ExaminedHost {
  const [system = '', name = '', addresses = '', users = ''] = answers;
  const release = /^OpenBSD (\d+\.\d+)$/.exec(system.trim())?.[1];
  if (release === undefined)
    throw new Failure('release-unsupported', 'it does not run OpenBSD', ssh, 'mailtun is for OpenBSD hosts only');
  const interfaces = parseInterfaces(addresses);
  const isEgress = (one: Interface): boolean => one.groups.includes('egress');
  const isTunnel = (one: Interface): boolean => one.name.startsWith('wg');
  return {
    release,
    hostname: complaintAbout(publicName, name.trim()) === null ? name.trim().toLowerCase() : null,
    outside: interfaces.filter(isEgress).flatMap(usable),
    inside: interfaces.filter(one => !isEgress(one) && !isTunnel(one)).flatMap(usable),
    tunnel: interfaces.filter(isTunnel).flatMap(usable)[0]?.address ?? null,
    logins: parseLogins(users).filter(name => complaintAbout(login, name) === null),
  };
}

const usable = ({ addresses }: Interface): readonly Prefix[] =>
  addresses
    .filter(({ address }) => complaintAbout(hostAddress, address) === null)
    .map(({ address, prefixLength }) => ({ address, prefixLength }));

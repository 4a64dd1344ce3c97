/** Checks a host's key against the fingerprint in the inventory or the known_hosts files. Writes nothing. */
import { readFile } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { Failure } from '../../run/failure.ts';
import type { SshConfig, SshWords } from './configuration.ts';
import {
  fingerprint,
  type HostKeyVerdict,
  judgeHostKey,
  type KnownHost,
  knownAs,
  knownTypes,
  linesFor,
  orderHostKeyAlgorithms,
  parseKnownHosts,
} from './known-hosts.ts';
import { knownHostsOf } from './known-hosts-command.ts';
import { keyType } from './public-keys.ts';
import { sshOptions } from './ssh-config.ts';

/** The check of one host's key. */
export interface HostKeyCheck {
  /** Algorithms to offer to the host, in order of preference. */
  readonly algorithms: readonly (typeof OURS)[number][];
  /**
   * Why the key is refused; null where it is accepted.
   * @param over the connection's transport: NoHostAuthenticationForLocalhost is about TCP to this machine.
   */
  judge(key: Buffer, over?: Duplex): Failure | null;
}

/**
 * Reads the files that ssh would read for this host.
 * `StrictHostKeyChecking no` and `accept-new` accept an unknown key for this run, without saving it; a changed or
 * revoked key is refused nevertheless.
 * @param pin `SHA256:…` of the inventory; if there is one, it alone decides.
 */
export async function hostKeyCheck(
  where: string,
  target: SshWords,
  config: SshConfig,
  pin: string | null,
): Promise<HostKeyCheck> {
  const revoked = (await Promise.all(config.revokedHostKeys.map(path => revokedKeys(where, path)))).flat();
  const offered = config.hostKeyAlgorithms.flatMap(name => OURS.find(ours => ours === name) ?? []);
  const algorithms = offered.length > 0 ? offered : OURS;
  const unlessRevoked =
    (judge: HostKeyCheck['judge']): HostKeyCheck['judge'] =>
    (key, over) =>
      revoked.includes(key.toString('base64'))
        ? isRevoked(where, key, `listed as revoked in ${config.revokedHostKeys.join(', ')}`)
        : judge(key, over);
  if (pin !== null) return { algorithms, judge: unlessRevoked(key => judgePinned(where, pin, key)) };
  const bare = config.hostname.toLowerCase();
  const names = config.hostKeyAlias === null ? [knownAs(bare, config.port)] : [config.hostKeyAlias.toLowerCase()];
  if (config.hostKeyAlias === null && config.port !== 22) names.push(bare);
  const lines = linesFor(await knownHosts(where, config, names[0] ?? bare), names);
  return {
    algorithms: orderHostKeyAlgorithms(algorithms, knownTypes(lines)),
    judge: unlessRevoked((key, over) =>
      config.trustsLocalhost && config.hostKeyAlias === null && isLocal(over)
        ? null
        : refusal({ where, target, name: names[0] ?? bare, config }, judgeHostKey(lines, key), key),
    ),
  };
}

/** The entries of the files and of KnownHostsCommand. */
async function knownHosts(where: string, config: SshConfig, name: string): Promise<KnownHost[]> {
  const { knownHostsFiles, knownHostsCommand } = config;
  const read = async (path: string) => parseKnownHosts(await readFile(path, 'utf8').catch(() => ''), path);
  const asked = knownHostsCommand === null ? '' : await knownHostsOf(where, knownHostsCommand, name);
  return [...(await Promise.all(knownHostsFiles.map(read))).flat(), ...parseKnownHosts(asked, 'KnownHostsCommand')];
}

/** A ProxyCommand and a jump have no address; for ssh they are not local either. */
const isLocal = (over: Duplex | undefined): boolean =>
  over !== undefined && 'remoteAddress' in over && /^(::ffff:)?127\.|^::1$/.test(String(over.remoteAddress));

/**
 * The keys, in base64, that RevokedHostKeys of ssh_config(5) lists, one per line.
 * @throws Failure where they cannot be read, in which case ssh refuses every host.
 */
async function revokedKeys(where: string, path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'latin1').catch(() => null);
  if (text !== null && !text.startsWith('SSHKRL'))
    return text.split('\n').flatMap(line => /^[^#\s]\S* ([A-Za-z0-9+/]+=*)/.exec(line.trim())?.[1] ?? []);
  throw new Failure(
    'ssh-config-unusable',
    text === null
      ? `RevokedHostKeys "${path}" cannot be read`
      : `RevokedHostKeys "${path}" is a KRL, which mailtun cannot read`,
    where,
    'correct RevokedHostKeys in your ssh_config; use a list of public keys, one per line',
  );
}

/** What ssh2 can verify and OpenSSH accepts by default (no SHA-1), in OpenSSH's order. */
const OURS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

const judgePinned = (where: string, pin: string, key: Buffer): Failure | null =>
  fingerprint(key) === pin
    ? null
    : new Failure(
        'host-key-changed',
        `the host key is not the one of the inventory: it is ${fingerprint(key)} (${keyType(key)}), not "${pin}"`,
        where,
        'find out why first; if the host was reinstalled, or the inventory has another of its keys, put this fingerprint under ssh: host_key',
      );

/** A host that has presented a key. */
interface Shown {
  readonly where: string;
  readonly target: SshWords;
  /** As in known_hosts. */
  readonly name: string;
  readonly config: SshConfig;
}

function refusal({ where, target, name, config }: Shown, verdict: HostKeyVerdict, key: Buffer): Failure | null {
  const shown = `${fingerprint(key)} (${keyType(key)})`;
  switch (verdict.kind) {
    case 'known':
      return null;
    case 'changed':
      return new Failure(
        'host-key-changed',
        `the host key has changed: it is ${shown}, but ${at(verdict.entry)} has a different one for ${name}`,
        where,
        `this may be an attack; if you know why the key changed: remove ${name} from ${at(verdict.entry)} (ssh-keygen -R would also remove lines that name other hosts), then log in once with ssh and compare the fingerprint`,
      );
    case 'revoked':
      return isRevoked(where, key, `marked @revoked at ${at(verdict.entry)}`);
    case 'unknown':
      if (config.unknownHostKey === 'accept') return null;
      return new Failure(
        'host-key-unknown',
        `the host key of ${name} is not known: ${shown}${notChecked(config, verdict.certified)}`,
        where,
        `compare it with the host's own (there: ssh-keygen -lf ${publicKeyFile(keyType(key))}), then ${
          config.savesHostKeys && notChecked(config, verdict.certified) === ''
            ? `accept it: ${['ssh', ...sshOptions(target), target.host, 'true'].join(' ')}`
            : `put the fingerprint under ssh: host_key in the inventory`
        }`,
      );
  }
}

/** By what ssh might accept the key although mailtun does not. */
const notChecked = ({ asksDns }: SshConfig, isCertified: boolean): string =>
  (isCertified ? '; mailtun cannot check @cert-authority lines' : '') +
  (asksDns ? '; mailtun does not ask DNS for it (VerifyHostKeyDNS)' : '');

const isRevoked = (where: string, key: Buffer, how: string): Failure =>
  new Failure(
    'host-key-revoked',
    `the host key ${fingerprint(key)} (${keyType(key)}) is ${how}`,
    where,
    'make new host keys (on the host: rm /etc/ssh/ssh_host_*, ssh-keygen -A, rcctl restart sshd)',
  );

const at = ({ path, line }: { path: string; line: number }): string => `${path}:${line}`;

const publicKeyFile = (type: string): string =>
  `/etc/ssh/ssh_host_${type.startsWith('ecdsa') ? 'ecdsa' : type.replace('ssh-', '')}_key.pub`;

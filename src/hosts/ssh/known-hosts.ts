/** known_hosts files, as sshd(8) (SSH_KNOWN_HOSTS FILE FORMAT) and ssh-keygen(1) -H describe them. Pure. */
import { createHash, createHmac } from 'node:crypto';
import { keyType } from './public-keys.ts';

/** A line of known_hosts (sshd(8)). */
export interface KnownHost {
  /** The file, and the line in it, counted from 1. */
  readonly path: string;
  readonly line: number;
  readonly marker: 'revoked' | 'cert-authority' | null;
  /** `name,name,!pattern` or `|1|salt|hash`. */
  readonly hosts: string;
  /** `ssh-ed25519`. */
  readonly type: string;
  /** The key in base64. */
  readonly key: string;
}

/** What the files say about the key that a host has presented. */
export type HostKeyVerdict =
  | { readonly kind: 'known' | 'changed' | 'revoked'; readonly entry: KnownHost }
  /** `certified`: a line would accept a host certificate, which mailtun cannot check. */
  | { readonly kind: 'unknown'; readonly certified: boolean };

const MARKERS = ['revoked', 'cert-authority'] as const;

/** Reads one file. Lines that are not entries are skipped, as in ssh. */
export const parseKnownHosts = (text: string, path: string): KnownHost[] =>
  text.split('\n').flatMap((written, index) => {
    const fields = written.trim().split(/\s+/);
    const marker = MARKERS.find(one => fields[0] === `@${one}`) ?? null;
    const [hosts = '', type = '', key = ''] = marker ? fields.slice(1) : fields;
    const isEntry = !/^[#@]/.test(hosts) && /^[A-Za-z0-9+/]+={0,2}$/.test(key);
    return isEntry ? [{ path, line: index + 1, marker, hosts, type, key }] : [];
  });

/** The name of a host in these files: `name`, or `[name]:port` where the port is not 22. */
export const knownAs = (hostname: string, port: number): string =>
  port === 22 ? hostname.toLowerCase() : `[${hostname.toLowerCase()}]:${port}`;

/** The lines for each name of a host. A hashed line costs an HMAC, so this is done once per host. */
export const linesFor = (entries: readonly KnownHost[], names: readonly string[]): KnownHost[][] =>
  names.map(name => entries.filter(entry => isFor(entry, name)));

/**
 * Judges the key that a host has presented. A revoked key is always refused; a host with known keys has changed if it
 * presents another one, even of another type (this is ssh's rule too, hence `knownTypes`).
 * @param lines of `linesFor`. The first name decides; a line for another name can only accept the key, as in ssh for the
 *   bare name when the port is not 22.
 */
export function judgeHostKey(lines: readonly KnownHost[][], key: Buffer): HostKeyVerdict {
  const base64 = key.toString('base64');
  const revoked = lines.flat().find(entry => entry.marker === 'revoked' && entry.key === base64);
  if (revoked) return { kind: 'revoked', entry: revoked };
  const keys = lines.map(list => list.filter(entry => entry.marker === null));
  const own = keys[0] ?? [];
  const same = (own.length > 0 ? own : keys.flat()).find(entry => entry.key === base64);
  if (same) return { kind: 'known', entry: same };
  if (own[0]) return { kind: 'changed', entry: own.find(entry => entry.type === keyType(key)) ?? own[0] };
  return { kind: 'unknown', certified: lines.flat().some(entry => entry.marker === 'cert-authority') };
}

/** Types of the known keys of a host. They are requested first, or else the host would seem to have changed. */
export const knownTypes = (lines: readonly KnownHost[][]): string[] => [
  ...new Set(
    lines
      .flat()
      .filter(entry => entry.marker === null)
      .map(entry => entry.type),
  ),
];

/** Host key algorithms in the order in which to request them: first those of known keys, then the others. */
export function orderHostKeyAlgorithms<Name extends string>(
  algorithms: readonly Name[],
  types: readonly string[],
): Name[] {
  const isKnown = (algorithm: string): boolean => types.includes(algorithm.replace(/^rsa-sha2-\d+$/, 'ssh-rsa'));
  return [...algorithms.filter(isKnown), ...algorithms.filter(algorithm => !isKnown(algorithm))];
}

/** `SHA256:…`, as ssh and ssh-keygen -l print it. */
export const fingerprint = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;

function isFor({ hosts }: KnownHost, name: string): boolean {
  if (hosts.startsWith('|')) {
    const [, version, salt = '', hash] = hosts.split('|');
    return version === '1' && createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
  }
  const patterns = hosts.toLowerCase().split(',');
  const matches = (pattern: string): boolean => asRegExp(pattern).test(name);
  return (
    patterns.some(pattern => !pattern.startsWith('!') && matches(pattern)) &&
    !patterns.some(pattern => pattern.startsWith('!') && matches(pattern.slice(1)))
  );
}

/** PATTERNS of ssh_config(5): `*` for any characters, `?` for one, everything else literally (also `[` and `]`). */
const asRegExp = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    's',
  );

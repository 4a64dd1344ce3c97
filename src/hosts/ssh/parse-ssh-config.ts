/** Reads the output of `ssh -G`. Pure. */
import type { Here, SshConfig, SshWords } from './configuration.ts';
import { expandHost, expandPath } from './expand-path.ts';

/** Since OpenSSH 8.7; an older ssh neither has them nor prints them. */
const PLAIN_SESSION = ['SessionType=default', 'StdinNull=no', 'ForkAfterAuthentication=no'];

/**
 * Reads the output of `ssh -G`: on each line a keyword in lower case, a space and the value; some keywords are repeated.
 * @param name the host that was asked about, for % tokens, which ssh leaves in some paths.
 */
export function parseSshConfig(text: string, machine: Here, name: string): SshConfig {
  const { all, one, isSet, paths, lists, names } = settingsIn(text);
  const hostname = one('hostname') ?? '';
  const user = one('user') ?? machine.user;
  const port = Number(one('port') ?? 22);
  const hostKeyAlias = one('hostkeyalias');
  const values = { name, hostname, user, port, hostKeyAlias };
  const path = (written: string): string => expandPath(written, values, machine);
  const controlPath = one('controlpath');
  const command = one('knownhostscommand');
  const timeout = Number(one('connecttimeout') ?? Number.NaN);
  return {
    hostname,
    port,
    user,
    identityFiles: paths('identityfile').map(path),
    identitiesOnly: isSet('identitiesonly'),
    agentSocket: agentSocket(all('identityagent')[0], path, machine),
    certificateFiles: paths('certificatefile').map(path),
    publicKeyAlgorithms: names('pubkeyacceptedalgorithms'),
    knownHostsFiles: ['userknownhostsfile', 'globalknownhostsfile'].flatMap(lists).map(path),
    savesHostKeys: lists('userknownhostsfile').some(written => written !== '/dev/null'),
    knownHostsCommand: command === null ? null : path(command),
    asksDns: isSet('verifyhostkeydns'),
    trustsLocalhost: isSet('nohostauthenticationforlocalhost'),
    revokedHostKeys: lists('revokedhostkeys').map(path),
    controlPath: controlPath === null ? null : path(controlPath),
    sessionOptions: PLAIN_SESSION.filter(option => isChanged(option, all)),
    unknownHostKey: ACCEPTING.includes(one('stricthostkeychecking') ?? '') ? 'accept' : 'refuse',
    hostKeyAlias,
    proxyJump: parseJumps(expandHost(one('proxyjump') ?? '', values)),
    proxyCommand: one('proxycommand'),
    proxyPassesSocket: isSet('proxyusefdpass'),
    pkcs11Provider: one('pkcs11provider'),
    connectTimeoutSeconds: timeout > 0 && Number.isFinite(timeout) ? timeout : null,
    family: FAMILIES[one('addressfamily') ?? ''] ?? 0,
    bindAddress: one('bindaddress'),
    hostKeyAlgorithms: names('hostkeyalgorithms'),
  };
}

const ACCEPTING: readonly string[] = ['no', 'off', 'false', 'accept-new'];
const FAMILIES: Readonly<Record<string, 4 | 6>> = { inet: 4, inet6: 6 };

function isChanged(option: string, all: (keyword: string) => readonly string[]): boolean {
  const [keyword = '', usual] = option.split('=');
  const [set] = all(keyword.toLowerCase());
  return set !== undefined && set !== usual;
}

/** The settings of one host, by keyword. */
function settingsIn(text: string) {
  const lines = text.split('\n').map(line => line.trim().split(/\s+(.*)/s, 2));
  const all = (keyword: string): readonly string[] =>
    lines.filter(([word]) => word === keyword).map(([, value = '']) => value);
  /** A single value; null where it is not set. */
  const one = (keyword: string): string | null => {
    const value = all(keyword)[0];
    return value === undefined || value === '' || value === 'none' ? null : value;
  };
  return {
    all,
    one,
    isSet: (keyword: string): boolean => /^(yes|true)$/.test(one(keyword) ?? ''),
    /** One path per line. */
    paths: (keyword: string) => all(keyword).filter(written => written !== 'none'),
    /** Several paths on one line, without quotes: a word that cannot begin a path belongs to the one before. */
    lists: (keyword: string) =>
      all(keyword)
        .flatMap(list => list.split(/\s(?=[/~%$])/))
        .filter(written => written !== '' && written !== 'none'),
    /** Names separated by commas. */
    names: (keyword: string) => (one(keyword) ?? '').split(',').filter(name => name !== ''),
  };
}

/**
 * ProxyJump of ssh_config(5): `[user@]host[:port],…`, also as ssh:// URIs, IPv6 addresses in brackets; a user name may
 * contain `@`.
 */
const parseJumps = (written: string): SshWords[] =>
  written.split(',').flatMap(jump => {
    const match = /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[([^\]]+)\]|([^@:/]+))(?::(\d+))?\/?$/.exec(jump.trim());
    const host = match?.[2] ?? match?.[3];
    const port = match?.[4] ? Number(match[4]) : null;
    return host === undefined ? [] : [{ host, user: match?.[1] ?? null, port, identityFile: null }];
  });

/** IdentityAgent of ssh_config(5): `none`, `SSH_AUTH_SOCK`, `$NAME` or a path; unset means `SSH_AUTH_SOCK`. */
function agentSocket(written: string | undefined, path: (written: string) => string, { env }: Here): string | null {
  if (written === 'none') return null;
  if (written === undefined || written === '' || written === 'SSH_AUTH_SOCK') return env.SSH_AUTH_SOCK || null;
  if (/^\$\w+$/.test(written)) return env[written.slice(1)] || null;
  return path(written);
}

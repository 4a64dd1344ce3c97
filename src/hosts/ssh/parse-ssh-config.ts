/** Reading what `ssh -G` prints. Pure. */
import type { Here, SshConfig, SshWords } from './configuration.ts';
import { expandHost, expandPath } from './expand-path.ts';

/** Since OpenSSH 8.7; an older ssh does not know them, and does not print them. */
const PLAIN_SESSION = ['SessionType=default', 'StdinNull=no', 'ForkAfterAuthentication=no'];

/**
 * Reads what `ssh -G` prints: a keyword in small letters, a space, the value; some keywords several times.
 * @param name what was asked for; ssh prints some paths with their % tokens.
 */
export function parseSshConfig(text: string, machine: Here, name: string): SshConfig {
  const lines = text.split('\n').map(line => line.trim().split(/\s+(.*)/s, 2) as [string, string?]);
  const all = (keyword: string): string[] => lines.filter(([word]) => word === keyword).map(([, value = '']) => value);
  const one = (keyword: string): string | null => {
    const value = all(keyword)[0];
    return value === undefined || value === '' || value === 'none' ? null : value;
  };
  /** Several paths on one line, without quotes: a word that no path begins with belongs to the one before. */
  const paths = (keyword: string): string[] =>
    all(keyword)
      .flatMap(list => list.split(/\s(?=[/~%$])/))
      .filter(written => written !== '' && written !== 'none');
  const isSet = (keyword: string): boolean => /^(yes|true)$/.test(one(keyword) ?? '');
  const command = one('knownhostscommand');
  const controlPath = one('controlpath');
  const hostname = one('hostname') ?? '';
  const user = one('user') ?? machine.user;
  const port = Number(one('port') ?? 22);
  const hostKeyAlias = one('hostkeyalias');
  const values = { name, hostname, user, port, hostKeyAlias };
  const path = (written: string): string => expandPath(written, values, machine);
  const strict = one('stricthostkeychecking');
  const timeout = Number(one('connecttimeout') ?? Number.NaN);
  const family = one('addressfamily');
  return {
    hostname,
    port,
    user,
    identityFiles: all('identityfile')
      .filter(written => written !== 'none')
      .map(path),
    identitiesOnly: isSet('identitiesonly'),
    agentSocket: agentSocket(all('identityagent')[0], path, machine),
    certificateFiles: all('certificatefile')
      .filter(written => written !== 'none')
      .map(path),
    publicKeyAlgorithms: (one('pubkeyacceptedalgorithms') ?? '').split(',').filter(name => name !== ''),
    knownHostsFiles: [...paths('userknownhostsfile'), ...paths('globalknownhostsfile')].map(path),
    savesHostKeys: paths('userknownhostsfile').some(written => written !== '/dev/null'),
    knownHostsCommand: command === null ? null : path(command),
    asksDns: isSet('verifyhostkeydns'),
    trustsLocalhost: isSet('nohostauthenticationforlocalhost'),
    revokedHostKeys: paths('revokedhostkeys').map(path),
    controlPath: controlPath === null ? null : path(controlPath),
    sessionOptions: PLAIN_SESSION.filter(option => {
      const [keyword = '', value] = option.split('=');
      const set = all(keyword.toLowerCase())[0];
      return set !== undefined && set !== value;
    }),
    unknownHostKey: strict !== null && ['no', 'off', 'false', 'accept-new'].includes(strict) ? 'accept' : 'refuse',
    hostKeyAlias,
    proxyJump: parseJumps(expandHost(one('proxyjump') ?? '', values)),
    proxyCommand: one('proxycommand'),
    proxyPassesSocket: isSet('proxyusefdpass'),
    pkcs11Provider: one('pkcs11provider'),
    connectTimeoutSeconds: Number.isFinite(timeout) && timeout > 0 ? timeout : null,
    family: family === 'inet' ? 4 : family === 'inet6' ? 6 : 0,
    bindAddress: one('bindaddress'),
    hostKeyAlgorithms: (one('hostkeyalgorithms') ?? '').split(',').filter(name => name !== ''),
  };
}

/** ProxyJump of ssh_config(5): `[user@]host[:port],…`, also as ssh:// URIs, IPv6 addresses in brackets; a user may have an `@`. */
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

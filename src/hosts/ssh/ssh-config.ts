/** What ssh(1) would do for a host: asked of ssh itself (`ssh -G`), so that the user's ssh_config(5) decides. */
import { type ExecFileException, execFile } from 'node:child_process';
import { homedir, userInfo } from 'node:os';
import { Failure } from '../../engine/failure.ts';
import { remark } from '../shell/remarks.ts';

export interface SshConfig {
  /** Where to connect: a name or an address without brackets. */
  readonly hostname: string;
  readonly port: number;
  readonly user: string;
  /** Paths, in the order of preference; most of them need not exist. */
  readonly identityFiles: readonly string[];
  /** Certificates for them, or for keys of the agent. */
  readonly certificateFiles: readonly string[];
  /** Algorithms that may be used to log in; empty: no opinion. */
  readonly publicKeyAlgorithms: readonly string[];
  /** True: the agent is to offer no other keys than those of `identityFiles`. */
  readonly identitiesOnly: boolean;
  /** Socket of the agent, or null. */
  readonly agentSocket: string | null;
  readonly knownHostsFiles: readonly string[];
  /** Files of keys that are refused whatever else says: OpenSSH 10.3 and later take several. */
  readonly revokedHostKeys: readonly string[];
  /** What becomes of a host key that no file knows: asking is refusing here, there may be nobody to ask. */
  readonly unknownHostKey: 'refuse' | 'accept';
  /** Name to look up in known_hosts instead of the host's. */
  readonly hostKeyAlias: string | null;
  /** Socket of a master connection (ControlPath), alive or not; null where there is to be none. */
  readonly controlPath: string | null;
  /** Hosts to go through, the nearest first. */
  readonly proxyJump: readonly SshWords[];
  /** With its % tokens; null where there is none. */
  readonly proxyCommand: string | null;
  readonly connectTimeoutSeconds: number | null;
  /** 0: either. */
  readonly family: 0 | 4 | 6;
  readonly bindAddress: string | null;
  /** Host key algorithms, most wanted first; empty: no opinion. */
  readonly hostKeyAlgorithms: readonly string[];
}

/** What stands after `ssh`, before any configuration. */
export interface SshWords {
  readonly host: string;
  readonly port: number | null;
  readonly user: string | null;
  readonly identityFile: string | null;
}

/** This machine, as far as ssh_config(5) asks for it. */
export interface Here {
  readonly home: string;
  readonly user: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The machine and user that run mailtun. */
export const here = (): Here => ({ home: homedir(), user: userInfo().username, env: process.env });

/**
 * Asks `ssh -G`; a machine without ssh gets ssh's defaults. Opens no connection.
 * @param configFile as `ssh -F`: instead of the user's and the system's ssh_config.
 * @throws Failure where ssh refuses its configuration.
 */
export async function sshConfig(where: string, target: SshWords, configFile?: string): Promise<SshConfig> {
  const file = configFile === undefined ? [] : ['-F', configFile];
  const { error, stdout, stderr } = await runSsh([...file, '-G', '-T', ...sshOptions(target), '--', target.host]);
  if (error === null) return parseSshConfig(stdout, here());
  if (error.code === 'ENOENT') return parseSshConfig(withoutSsh(target, here()), here());
  const how = error.killed ? 'it did not answer in 10 s' : `it ended with exit status ${error.code}`;
  throw new Failure(
    `ssh does not accept its configuration for "${target.host}": ${remark(stderr) ?? how}`,
    where,
    `ask it yourself: ssh -G ${target.host}`,
  );
}

/** Not through execa: loading that takes longer than ssh does, and every run would pay for it. */
const runSsh = (
  words: readonly string[],
): Promise<{ error: ExecFileException | null; stdout: string; stderr: string }> =>
  new Promise(resolve => {
    const ssh = execFile('ssh', words, { timeout: 10_000 }, (error, stdout, stderr) =>
      resolve({ error, stdout, stderr }),
    );
    ssh.stdin?.end();
  });

/** Options of ssh(1) that say what the inventory says, for calls and for messages. */
export const sshOptions = ({ port, user, identityFile }: SshWords): string[] => [
  ...(port === null ? [] : ['-p', String(port)]),
  ...(user === null ? [] : ['-l', user]),
  ...(identityFile === null ? [] : ['-i', identityFile]),
];

/** As OpenSSH 10.5 has them. */
const DEFAULT_KEYS = ['id_rsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk', 'id_mldsa44_ed25519'];

const withoutSsh = ({ host, port, user, identityFile }: SshWords, { user: login }: Here): string =>
  [
    `hostname ${host}`,
    `port ${port ?? 22}`,
    `user ${user ?? login}`,
    ...(identityFile === null ? DEFAULT_KEYS.map(name => `~/.ssh/${name}`) : [identityFile]).map(
      path => `identityfile ${path}`,
    ),
    'userknownhostsfile ~/.ssh/known_hosts ~/.ssh/known_hosts2',
    'globalknownhostsfile /etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2',
  ].join('\n');

/** Reads what `ssh -G` prints: a keyword in small letters, a space, the value; some keywords several times. */
export function parseSshConfig(text: string, machine: Here): SshConfig {
  const lines = text.split('\n').map(line => line.trim().split(/\s+(.*)/s, 2) as [string, string?]);
  const all = (keyword: string): string[] => lines.filter(([word]) => word === keyword).map(([, value = '']) => value);
  const one = (keyword: string): string | null => {
    const value = all(keyword)[0];
    return value === undefined || value === '' || value === 'none' ? null : value;
  };
  /** Several paths on one line. */
  const words = (keyword: string): string[] =>
    all(keyword)
      .flatMap(list => list.split(/\s+/))
      .filter(written => written !== '' && written !== 'none');
  const controlPath = one('controlpath');
  const hostname = one('hostname') ?? '';
  const user = one('user') ?? machine.user;
  const port = Number(one('port') ?? 22);
  const path = (written: string): string => expandPath(written, { hostname, user, port }, machine);
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
    identitiesOnly: one('identitiesonly') === 'yes',
    agentSocket: agentSocket(all('identityagent')[0], path, machine),
    certificateFiles: all('certificatefile')
      .filter(written => written !== 'none')
      .map(path),
    publicKeyAlgorithms: (one('pubkeyacceptedalgorithms') ?? '').split(',').filter(name => name !== ''),
    knownHostsFiles: [...words('userknownhostsfile'), ...words('globalknownhostsfile')].map(path),
    revokedHostKeys: words('revokedhostkeys').map(path),
    controlPath: controlPath === null ? null : path(controlPath),
    unknownHostKey: strict !== null && ['no', 'off', 'false', 'accept-new'].includes(strict) ? 'accept' : 'refuse',
    hostKeyAlias: one('hostkeyalias'),
    proxyJump: parseJumps(one('proxyjump') ?? ''),
    proxyCommand: one('proxycommand'),
    connectTimeoutSeconds: Number.isFinite(timeout) && timeout > 0 ? timeout : null,
    family: family === 'inet' ? 4 : family === 'inet6' ? 6 : 0,
    bindAddress: one('bindaddress'),
    hostKeyAlgorithms: (one('hostkeyalgorithms') ?? '').split(',').filter(name => name !== ''),
  };
}

/** ProxyJump of ssh_config(5): `[user@]host[:port],…`, also as ssh:// URIs, IPv6 addresses in brackets. */
const parseJumps = (written: string): SshWords[] =>
  written.split(',').flatMap(jump => {
    const match = /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:/]+))(?::(\d+))?\/?$/.exec(jump.trim());
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

/** `~`, `${NAME}` and the % tokens that paths may have (TOKENS in ssh_config(5)); those unknown here stay. */
function expandPath(
  written: string,
  host: { hostname: string; user: string; port: number },
  { home, user, env }: Here,
): string {
  const tokens: Record<string, string> = {
    '%%': '%',
    '%d': home,
    '%u': user,
    '%h': host.hostname,
    '%r': host.user,
    '%p': String(host.port),
  };
  return written
    .replace(/^"(.*)"$/, '$1')
    .replace(/^~(?=\/|$)/, home)
    .replace(/\$\{(\w+)\}/g, (whole, name) => env[name] ?? whole)
    .replace(/%[%a-zA-Z]/g, token => tokens[token] ?? token);
}

/** What ssh(1) would do for a host: asked of ssh itself (`ssh -G`), so that the user's ssh_config(5) decides. */
import { type ExecFileException, execFile } from 'node:child_process';
import { homedir, userInfo } from 'node:os';
import { Failure } from '../../run/failure.ts';
import { remark } from '../shell/remarks.ts';
import { parseSshConfig } from './parse-ssh-config.ts';

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
  /** Options for ssh(1) that undo what keeps a session from having its streams: `StdinNull=no`. */
  readonly sessionOptions: readonly string[];
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
  /** As `ssh -J`. */
  readonly proxyJump?: string;
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
export const sshOptions = ({ port, user, identityFile, proxyJump }: SshWords): string[] => [
  ...(proxyJump === undefined ? [] : ['-J', proxyJump]),
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

/** What ssh(1) would do for a host, according to ssh itself (`ssh -G`), so that the user's ssh_config(5) applies. */
import { type ExecFileException, execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { Failure } from '../../run/failure.ts';
import { oneLine } from '../shell/one-line.ts';
import type { Here, SshConfig, SshWords } from './configuration.ts';
import { parseSshConfig } from './parse-ssh-config.ts';

/** This machine. */
export function here(): Here {
  const { homedir: home, username: user, uid } = userInfo();
  return { home, user, uid, hostname: hostname(), homeOf, env: process.env };
}

/** From passwd(5); the only other source of logins on OpenBSD is YP. */
function homeOf(login: string): string | null {
  const entries = readFileSync('/etc/passwd', 'utf8').split('\n');
  return entries.map(entry => entry.split(':')).find(([name]) => name === login)?.[5] ?? null;
}

/**
 * Runs `ssh -G`, which opens no connection; on a machine without ssh, its defaults apply.
 * @param configFile as for `ssh -F`: instead of the user's and the system's ssh_config.
 * @throws Failure where ssh rejects its configuration.
 */
export async function sshConfig(where: string, target: SshWords, configFile?: string): Promise<SshConfig> {
  const file = configFile === undefined ? [] : ['-F', configFile];
  const { error, stdout, stderr } = await runSsh([...file, ...questionWords(target)]);
  if (error === null) return parseSshConfig(stdout, here(), target.host);
  if (error.code === 'ENOENT') return parseSshConfig(withoutSsh(target, here()), here(), target.host);
  const how = error.killed ? 'it did not answer in 10 s' : `it ended with exit status ${error.code}`;
  throw new Failure(
    'ssh-config-unusable',
    `ssh does not accept its configuration for "${target.host}": ${oneLine(stderr) ?? how}`,
    where,
    `try by hand: ssh -G ${target.host}`,
  );
}

/** Without execa, which takes longer to load than ssh takes to run. */
const runSsh = (
  words: readonly string[],
): Promise<{ error: ExecFileException | null; stdout: string; stderr: string }> =>
  new Promise(resolve => {
    const ssh = execFile('ssh', words, { timeout: 10_000 }, (error, stdout, stderr) =>
      resolve({ error, stdout, stderr }),
    );
    ssh.stdin?.end();
  });

/** The options of ssh(1) that correspond to the inventory, for commands and for messages. */
export const sshOptions = ({ port, user, identityFile, proxyJump }: SshWords): string[] => [
  ...(proxyJump === undefined ? [] : ['-J', proxyJump]),
  ...(port === null ? [] : ['-p', String(port)]),
  ...(user === null ? [] : ['-l', user]),
  ...(identityFile === null ? [] : ['-i', identityFile]),
];

/** Arguments with which ssh(1) prints its settings for a target. */
export const questionWords = (target: SshWords): string[] => ['-G', '-T', ...sshOptions(target), '--', target.host];

/** Those of OpenSSH 10.5. */
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

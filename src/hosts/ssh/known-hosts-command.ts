/** KnownHostsCommand of ssh_config(5): a program that prints lines of known_hosts. */
import { execFile } from 'node:child_process';
import { Failure } from '../../run/failure.ts';
import { oneLine } from '../shell/one-line.ts';

const MILLISECONDS = 10_000;

/**
 * The output of the command when it is run before the connection, without the host's key. ssh does so too, and runs it
 * again with the key.
 * @param command with all other tokens expanded.
 * @param name `%H`: the host as in known_hosts.
 * @throws Failure where it fails, as ssh does whatever the files contain. A command that cannot be executed is ignored.
 */
export function knownHostsOf(where: string, command: string, name: string): Promise<string> {
  const tokens: Record<string, string> = { '%H': name, '%I': 'HOSTNAME', '%t': 'NONE', '%f': 'NONE', '%K': 'NONE' };
  const [program = '', ...words] = wordsOf(command).map(word =>
    word.replace(/%[HItfK]/g, token => tokens[token] ?? token),
  );
  return new Promise((resolve, reject) => {
    const child = execFile(program, words, { timeout: MILLISECONDS }, (error, stdout, stderr) =>
      error && typeof error.code !== 'string'
        ? reject(failed(where, command, oneLine(stderr) ?? `exit ${error.code ?? error.signal}`))
        : resolve(stdout),
    );
    child.stdin?.end();
  });
}

const failed = (where: string, command: string, why: string): Failure =>
  new Failure(
    'ssh-config-unusable',
    `KnownHostsCommand "${command}" failed (${why})`,
    where,
    'correct it in your ssh_config, or put the fingerprint under ssh: host_key in the inventory',
  );

/** No shell is involved: blanks separate words, except within quotes. */
const wordsOf = (command: string): string[] =>
  [...command.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));

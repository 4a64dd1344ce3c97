/** KnownHostsCommand of ssh_config(5): lines of known_hosts from a program. */
import { execFile } from 'node:child_process';
import { Failure } from '../../run/failure.ts';
import { oneLine } from '../shell/one-line.ts';

const MILLISECONDS = 10_000;

/**
 * What the command prints when it is asked before the connection, when the host's key is not known yet: ssh asks so as
 * well, and again with the key.
 * @param command its other tokens are expanded.
 * @param name `%H`: the host as known_hosts has it.
 * @throws Failure where it fails: ssh goes no further then either, whatever the files know; a command that can't be run
 *   at all it passes over.
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
    `KnownHostsCommand "${command}" failed (${why})`,
    where,
    'correct it in your ssh_config, or put the fingerprint under ssh: host_key in the inventory',
  );

/** No shell is in between: blanks part words, quotes keep them together. */
const wordsOf = (command: string): string[] =>
  [...command.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));

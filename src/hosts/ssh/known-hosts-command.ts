/** KnownHostsCommand of ssh_config(5): lines of known_hosts from a program. */
import { execFile } from 'node:child_process';

const MILLISECONDS = 10_000;

/**
 * What the command prints when it is asked before the connection, when the host's key is not known yet: ssh asks so as
 * well, and again with the key. Nothing where it fails; ssh would go no further, even where a file knows the host.
 * @param command its other tokens are expanded.
 * @param name `%H`: the host as known_hosts has it.
 */
export function knownHostsOf(command: string, name: string): Promise<string> {
  const tokens: Readonly<Record<string, string>> = {
    '%H': name,
    '%I': 'HOSTNAME',
    '%t': 'NONE',
    '%f': 'NONE',
    '%K': 'NONE',
  };
  const [program = '', ...words] = wordsOf(command).map(word =>
    word.replace(/%[HItfK]/g, token => tokens[token] ?? token),
  );
  return new Promise(resolve => {
    const child = execFile(program, words, { timeout: MILLISECONDS }, (error, stdout) => resolve(error ? '' : stdout));
    child.stdin?.end();
  });
}

/** No shell is in between: blanks part words, quotes keep them together. */
const wordsOf = (command: string): string[] =>
  [...command.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));

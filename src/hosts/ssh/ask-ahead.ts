/**
 * `ssh -G` for many hosts under one shell, before they are connected to. It costs this process little, whose memory would be
 * copied for each ssh that it starts itself; and all of them are asked while it is still small.
 */
import { spawn } from 'node:child_process';
import { quote } from '../../run/quoting.ts';
import type { SshConfig, SshWords } from './configuration.ts';
import { parseSshConfig } from './parse-ssh-config.ts';
import { here, questionWords, sshOptions } from './ssh-config.ts';

/** What ssh(1) has said by now; null where it was not asked, has not answered yet, or rejects its configuration. */
export type AskedAhead = (target: SshWords) => SshConfig | null;

/** The same for the same options of ssh(1). */
export const asKey = (target: SshWords): string => [...sshOptions(target), target.host].join(' ');

/** As for one host: the shell is ended if nothing comes for so long. */
const SILENCE_MILLISECONDS = 10_000;

/** No line of `ssh -G` begins so: after it the exit status. */
const MARK = '= ';

/**
 * Begins to ask. Whoever gets null asks by itself, and finds out what is wrong: nothing fails here, and nothing waits for it.
 * An answer is given once, so that none is kept.
 */
export function askAhead(targets: readonly SshWords[]): AskedAhead {
  const asked = [...new Map(targets.map(target => [asKey(target), target])).values()];
  const texts = new Map<string, string>();
  let next = 0;
  run(asked, (text, status) => {
    const target = asked[next];
    next += 1;
    if (target && status === '0') texts.set(asKey(target), text);
  });
  return target => {
    const text = texts.get(asKey(target));
    texts.delete(asKey(target));
    return text === undefined ? null : parseSshConfig(text, here(), target.host);
  };
}

/** @param onAnswer is called for each of them, in their order. */
function run(targets: readonly SshWords[], onAnswer: (text: string, status: string) => void): void {
  if (targets.length === 0) return;
  const shell = spawn('sh', { stdio: ['pipe', 'pipe', 'ignore'] });
  shell.on('error', () => {});
  shell.stdin.on('error', () => {});
  shell.stdin.end(targets.map(line).join(''));
  const limit = setTimeout(() => shell.kill(), SILENCE_MILLISECONDS).unref();
  shell.once('close', () => clearTimeout(limit));
  let rest = '';
  shell.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    limit.refresh();
    const parts = `${rest}${chunk}`.split(END);
    rest = parts.at(-1) ?? '';
    // Text and status take turns, and what is not complete is the last.
    for (let at = 0; at + 1 < parts.length; at += 2) onAnswer(parts[at] ?? '', parts[at + 1] ?? '');
  });
}

/** The line that follows an answer. */
const END = new RegExp(`^${MARK}(\\d+)\\n`, 'm');

/** The shell ends, as the program does whose answer nobody reads any more: printf(1) is its own. */
const line = (target: SshWords): string =>
  `${['ssh', ...questionWords(target)].map(quote).join(' ')} </dev/null; printf '${MARK}%s\\n' $? || exit\n`;

/**
 * A host's long-lived shell as a Session: sends frames one after the other, returns their answers, and fails with a
 * Failure whatever the host does. It does not know how the shell was reached.
 */
import { randomBytes } from 'node:crypto';
import type { Session } from '../../run/exchange.ts';
import { afterwards, type Exchange, end, finish, lost, nextFrame, refused, type Shell, send } from './exchanges.ts';
import { type Reply, replyReader } from './replies.ts';
import { NO_PROCESS, notRoot } from './shell-faults.ts';
import type { ShellOptions, ShellStreams } from './shell-streams.ts';

/** No answer is larger than 64 MB, and no banner larger than 1 MB. */
const LARGEST_BYTES = { answer: 64 * 1024 * 1024, banner: 1024 * 1024 };

/** Makes a Session of a shell. Nothing is sent before the first exchange, which includes the prologue. */
export function shellSession(host: string, streams: ShellStreams, options: ShellOptions): Session {
  const nonces = { marker: randomBytes(16).toString('hex'), end: randomBytes(16).toString('hex') };
  const shell: Shell = {
    host,
    streams,
    options,
    nonces,
    replies: replyReader(nonces),
    exchanges: [],
    roundTrips: 0,
    started: false,
    over: null,
    silence: undefined,
    limit: undefined,
  };
  listen(shell);
  return {
    host,
    get roundTrips() {
      return shell.roundTrips;
    },
    exchange: (sections, { onAnswer, silenceSeconds = options.silenceSeconds ?? 60 } = {}) =>
      new Promise((resolve, reject) => {
        if (shell.over) return reject(afterwards(shell.over));
        if (sections.length === 0) return resolve([]);
        const text = nextFrame(shell, sections);
        const exchange: Exchange = { text, sections, silenceSeconds, answers: [], onAnswer, resolve, reject };
        shell.exchanges.push(exchange);
        if (shell.exchanges.length === 1) send(shell, exchange);
      }),
    async close() {
      end(shell, lost(shell, 'mailtun closed the connection'));
      await streams.close();
    },
  };
}

function listen(shell: Shell): void {
  const { streams } = shell;
  for (const stream of ['stdout', 'stderr'] as const) {
    streams[stream].on('error', () => {});
    streams[stream].on('data', (chunk: Buffer) => hear(shell, stream, chunk));
  }
  // A broken pipe is reported by `ended`, with the reason.
  streams.stdin.on('error', () => {});
  void streams.ended.then(({ of, how }) => {
    if (shell.started) end(shell, lost(shell, `the shell has ended (${how})`));
    else if (of === 'shell') end(shell, refused(shell, how));
    else end(shell, lost(shell, `the connection was lost before the shell answered (${how})`));
  });
}

function hear(shell: Shell, stream: 'stdout' | 'stderr', chunk: Buffer): void {
  if (shell.over) return;
  // A banner does not show that the shell runs.
  if (shell.started) shell.silence?.refresh();
  for (const reply of shell.replies.feed(stream, chunk)) take(shell, reply);
  if (shell.started && stream === 'stderr' && NO_PROCESS.pattern.test(chunk.toString('latin1'))) {
    end(shell, lost(shell, NO_PROCESS.what, NO_PROCESS));
  }
  if (shell.replies.restBytes() <= LARGEST_BYTES[shell.started ? 'answer' : 'banner']) return;
  end(
    shell,
    shell.started
      ? lost(shell, 'more than 64 MB of output')
      : refused(shell, 'it printed more than 1 MB of other output'),
  );
}

function take(shell: Shell, { words, stdout, stderr }: Reply): void {
  const [exchange] = shell.exchanges;
  if (shell.over || !exchange) return;
  if (!shell.started) {
    shell.started = words[0] === 'start' && words[1] === '0';
    if (!shell.started) end(shell, notRoot(shell.host, words[1] ?? '', shell.options.become));
    return;
  }
  const index = exchange.answers.length;
  const status = words[2] ?? '';
  if (words[1] !== String(index) || !/^(\d+|-)$/.test(status)) {
    end(shell, lost(shell, 'the answers came in the wrong order'));
    return;
  }
  const answer = status === '-' ? null : { exit: Number(status), stdout, stderr };
  exchange.answers.push(answer);
  shell.limit?.refresh();
  exchange.onAnswer?.(index, answer);
  if (exchange.answers.length === exchange.sections.length) finish(shell, exchange);
}

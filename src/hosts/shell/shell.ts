/**
 * A host's long-lived shell as a Session: sends frames one after the other, hands out their answers, and ends in a
 * Failure whatever the host does. Knows nothing of how the shell was reached.
 */
import { randomBytes } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { ConnectionLost } from '../../run/connection-lost.ts';
import type { Answer, Section, Session } from '../../run/exchange.ts';
import type { Failure } from '../../run/failure.ts';
import { frame, prologue } from './frames.ts';
import { type Reply, replyReader } from './replies.ts';
import { NO_PROCESS, notRoot, refusedShell } from './shell-faults.ts';

/** How a shell ended. */
export interface Ending {
  /** What ended: the shell itself, or the connection to it, which says nothing about the shell. */
  readonly of: 'shell' | 'connection';
  /** `it ended with exit status 1`, `the connection was reset`. */
  readonly how: string;
}

/** A /bin/sh that has nothing to do yet, wherever it runs. */
export interface ShellStreams {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves, never rejects, once the shell is gone. */
  readonly ended: Promise<Ending>;
  /** Lets go of the shell and of what leads to it. */
  close(): Promise<void>;
}

/** What a session over a shell goes by. */
export interface ShellOptions {
  readonly become: 'doas' | null;
  /** Shell functions for all sections of the session; sent with the first frame. */
  readonly prelude?: string;
  /** Without a byte for so long while an answer is due, the session is given up. 60 where not given. */
  readonly silenceSeconds?: number;
  /** A section that goes on for so long, with a byte now and then, is given up as well. 600 where not given. */
  readonly longestSeconds?: number;
}

/** 64 MB between two markers is no answer to any question of ours, 1 MB no banner. */
const LARGEST_BYTES = { answer: 64 * 1024 * 1024, banner: 1024 * 1024 };

const HANGS = 'see what hangs there, or runs too often (ps -axo pid,etime,command), end it, and run again';
const RUN_AGAIN = 'run the same command again: it takes up what is left to do';

interface Exchange {
  readonly text: string;
  readonly sections: readonly Section[];
  readonly silenceSeconds: number;
  readonly answers: (Answer | null)[];
  readonly onAnswer: ((index: number, answer: Answer | null) => void) | undefined;
  readonly resolve: (answers: (Answer | null)[]) => void;
  readonly reject: (failure: Failure) => void;
}

/** Makes a Session of a shell. Nothing is sent before the first exchange, which carries the prologue with it. */
export function shellSession(host: string, streams: ShellStreams, options: ShellOptions): Session {
  const nonces = { marker: randomBytes(16).toString('hex'), end: randomBytes(16).toString('hex') };
  const replies = replyReader(nonces);
  const exchanges: Exchange[] = [];
  let roundTrips = 0;
  let started = false;
  let over: Failure | null = null;
  let silence: NodeJS.Timeout | undefined;
  let limit: NodeJS.Timeout | undefined;
  const { longestSeconds = 600 } = options;

  const send = ({ text, silenceSeconds }: Exchange): void => {
    silence = setTimeout(() => end(silent(silenceSeconds)), silenceSeconds * 1000);
    limit = setTimeout(() => end(endless()), longestSeconds * 1000);
    try {
      streams.stdin.write(text);
    } catch {
      // ssh2 throws where the connection has just broken; `ended` says why, or else the silence does.
    }
  };

  const end = (failure: Failure): void => {
    if (over) return;
    over = failure;
    clearTimeout(silence);
    clearTimeout(limit);
    const [running, ...unsent] = exchanges.splice(0);
    running?.reject(failure);
    for (const exchange of unsent) exchange.reject(afterwards(failure));
    void streams.close();
  };

  const lost = (what: string, remedy = RUN_AGAIN): ConnectionLost => {
    const { sections = [], answers = [] } = exchanges[0] ?? {};
    const running = sections[answers.length]?.label ?? null;
    const all = sections.map((_, index) => answers[index]);
    return new ConnectionLost(running ? `${what} while running "${running}"` : what, host, remedy, all, running);
  };

  const refused = (ending: string): Failure =>
    refusedShell(host, { ...replies.rest(), ending, become: options.become });

  const silent = (seconds: number): Failure =>
    started ? lost(`not a byte in ${seconds} s`, HANGS) : refused(`it did not answer in ${seconds} s`);

  const endless = (): Failure =>
    started ? lost(`no end in ${longestSeconds} s`, HANGS) : refused(`it did not answer in ${longestSeconds} s`);

  const take = ({ words, stdout, stderr }: Reply): void => {
    const [exchange] = exchanges;
    if (over || !exchange) return;
    if (!started) {
      started = words[0] === 'start' && words[1] === '0';
      if (!started) end(notRoot(host, words[1] ?? '', options.become));
      return;
    }
    const index = exchange.answers.length;
    const status = words[2] ?? '';
    if (words[1] !== String(index) || !/^(\d+|-)$/.test(status)) {
      end(lost('the answers came in an order that they cannot have'));
      return;
    }
    const answer = status === '-' ? null : { exit: Number(status), stdout, stderr };
    exchange.answers.push(answer);
    limit?.refresh();
    exchange.onAnswer?.(index, answer);
    if (exchange.answers.length === exchange.sections.length) finish(exchange);
  };

  const finish = (exchange: Exchange): void => {
    clearTimeout(silence);
    clearTimeout(limit);
    exchanges.shift();
    exchange.resolve(exchange.answers);
    if (exchanges[0]) send(exchanges[0]);
  };

  for (const stream of ['stdout', 'stderr'] as const) {
    streams[stream].on('error', () => {});
    streams[stream].on('data', (chunk: Buffer) => {
      if (over) return;
      // A banner is not yet a sign of life of the shell.
      if (started) silence?.refresh();
      for (const reply of replies.feed(stream, chunk)) take(reply);
      if (started && stream === 'stderr' && NO_PROCESS.pattern.test(chunk.toString('latin1'))) {
        end(lost(NO_PROCESS.what, NO_PROCESS.remedy));
      }
      if (replies.restBytes() <= LARGEST_BYTES[started ? 'answer' : 'banner']) return;
      end(started ? lost('more than 64 MB of output') : refused('it printed more than 1 MB of something else'));
    });
  }
  // A broken pipe is told by `ended`, with the reason.
  streams.stdin.on('error', () => {});
  void streams.ended.then(({ of, how }) => {
    if (started) end(lost(`the shell is gone (${how})`));
    else end(of === 'shell' ? refused(how) : lost(`the connection was lost before the shell answered (${how})`));
  });

  return {
    host,
    get roundTrips() {
      return roundTrips;
    },
    exchange: (sections, { onAnswer, silenceSeconds = options.silenceSeconds ?? 60 } = {}) =>
      new Promise((resolve, reject) => {
        if (over) return reject(afterwards(over));
        if (sections.length === 0) return resolve([]);
        const opening = roundTrips === 0 ? prologue(nonces) : '';
        const text = opening + frame(roundTrips, sections, nonces, opening && options.prelude);
        roundTrips += 1;
        exchanges.push({ text, sections, silenceSeconds, answers: [], onAnswer, resolve, reject });
        if (exchanges.length === 1) send(exchanges[0] as Exchange);
      }),
    async close() {
      end(lost('mailtun closed the connection'));
      await streams.close();
    },
  };
}

/** What an exchange is told that comes too late to have lost anything. */
const afterwards = (failure: Failure): Failure =>
  failure instanceof ConnectionLost
    ? new ConnectionLost(failure.what, failure.where, failure.remedy, [], null)
    : failure;

/** The exchanges of a running shell, sent one after the other, and how each of them ends. */
import { ConnectionLost, TO_CONTINUE } from '../../run/connection-lost.ts';
import type { Answer, Section } from '../../run/exchange.ts';
import type { Failure } from '../../run/failure.ts';
import { frame, type Nonces, prologue } from './frames.ts';
import type { replyReader } from './replies.ts';
import { refusedShell } from './shell-faults.ts';
import type { ShellOptions, ShellStreams } from './shell-streams.ts';

const HANGS = {
  code: 'connection-timed-out',
  remedy: 'find the process that hangs or runs too often (ps -axo pid,etime,command), end it, and run again',
} as const;
const ENDED = { code: 'connection-lost', remedy: TO_CONTINUE } as const;

/** Sections that were sent, or are waiting to be. */
export interface Exchange {
  readonly text: string;
  readonly sections: readonly Section[];
  readonly silenceSeconds: number;
  readonly answers: (Answer | null)[];
  readonly onAnswer: ((index: number, answer: Answer | null) => void) | undefined;
  readonly resolve: (answers: (Answer | null)[]) => void;
  readonly reject: (failure: Failure) => void;
}

/** A shell, and the state of its exchanges. */
export interface Shell {
  readonly host: string;
  readonly streams: ShellStreams;
  readonly options: ShellOptions;
  readonly nonces: Nonces;
  readonly replies: ReturnType<typeof replyReader>;
  /** The first one is running, the others wait for it. */
  readonly exchanges: Exchange[];
  roundTrips: number;
  /** Whether it has answered. */
  started: boolean;
  /** Why it is no longer used; null while it is. */
  over: Failure | null;
  silence: NodeJS.Timeout | undefined;
  limit: NodeJS.Timeout | undefined;
}

/** The text of the next exchange; the first one begins with the prologue. */
export function nextFrame(shell: Shell, sections: readonly Section[]): string {
  const opening = shell.roundTrips === 0 ? prologue(shell.nonces) : '';
  const text = opening + frame(shell.roundTrips, sections, shell.nonces, opening && shell.options.prelude);
  shell.roundTrips += 1;
  return text;
}

/** Sends an exchange, and limits how long its answer may take. */
export function send(shell: Shell, { text, silenceSeconds }: Exchange): void {
  const { longestSeconds = 600 } = shell.options;
  shell.silence = setTimeout(() => end(shell, hanging(shell, 'not a byte', silenceSeconds)), silenceSeconds * 1000);
  shell.limit = setTimeout(() => end(shell, hanging(shell, 'no end', longestSeconds)), longestSeconds * 1000);
  try {
    shell.streams.stdin.write(text);
  } catch {
    // ssh2 throws where the connection has just broken; `ended` says why, or else the silence does.
  }
}

/** Resolves an exchange that is answered completely, and sends the next one. */
export function finish(shell: Shell, exchange: Exchange): void {
  clearTimeout(shell.silence);
  clearTimeout(shell.limit);
  shell.exchanges.shift();
  exchange.resolve(exchange.answers);
  if (shell.exchanges[0]) send(shell, shell.exchanges[0]);
}

/** Ends the session for good. Only the first failure counts. */
export function end(shell: Shell, failure: Failure): void {
  if (shell.over) return;
  shell.over = failure;
  clearTimeout(shell.silence);
  clearTimeout(shell.limit);
  const [running, ...unsent] = shell.exchanges.splice(0);
  running?.reject(failure);
  for (const exchange of unsent) exchange.reject(afterwards(failure));
  void shell.streams.close();
}

/** The failure of a connection that has ended, with what was running on the host. */
export function lost(
  { host, exchanges }: Shell,
  what: string,
  how: Pick<Failure, 'code' | 'remedy'> = ENDED,
): ConnectionLost {
  const { sections = [], answers = [] } = exchanges[0] ?? {};
  const running = sections[answers.length]?.label ?? null;
  const all = sections.map((_, index) => answers[index]);
  const { code, remedy } = how;
  const during = running ? `${what} while running "${running}"` : what;
  return new ConnectionLost({ code, what: during, where: host, remedy }, { answers: all, running });
}

/** The failure of a shell that mailtun cannot use. */
export const refused = ({ host, replies, options: { become } }: Shell, ending: string): Failure =>
  refusedShell(host, { ...replies.rest(), ending, become });

const hanging = (shell: Shell, what: string, seconds: number): Failure =>
  shell.started ? lost(shell, `${what} in ${seconds} s`, HANGS) : refused(shell, `it did not answer in ${seconds} s`);

/** The failure of an exchange that was never sent, so that nothing of it can have run. */
export const afterwards = (failure: Failure): Failure =>
  failure instanceof ConnectionLost ? new ConnectionLost(failure, { answers: [], running: null }) : failure;

/**
 * How anything reaches a host: a list of sections goes there in one piece and is answered section by section.
 * Everything above src/hosts knows a host only through these types.
 */

import type { Command } from './command.ts';
import { script } from './quoting.ts';

/** One piece of shell text, run by the host's /bin/sh in a subshell of its own, as root. */
export interface Section {
  /** Shows in progress and in errors: `clock: /etc/ntpd.conf`. Never holds a secret. */
  readonly label: string;
  /** Text from quoting.ts or a constant; it travels on standard input, so it may hold a secret. */
  readonly script: string;
  /** The same as data, where it may share a subshell with the sections beside it. */
  readonly shared?: Command;
  /** The last one of an exchange may begin before all others; its exit status is 0 then. */
  readonly isEarly?: true;
  /**
   * `ask`: runs whatever happened before it. `step`: runs only while every step before it in the same exchange
   * exited 0; a step that did not run is answered with null.
   */
  readonly kind: 'ask' | 'step';
}

/** The section that runs a command. */
export const sectionOf = (kind: Section['kind'], label: string, command: Command): Section => ({
  label,
  kind,
  script: script(command.script, ...command.args),
  ...(command.isShared ? { shared: command } : {}),
  ...(command.isEarly ? { isEarly: true } : {}),
});

/** What one section printed. */
export interface Answer {
  /** Exit status, 0 to 255. */
  readonly exit: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** An open connection to one host. */
export interface Session {
  /** The host's name in the inventory. */
  readonly host: string;
  /** Exchanges made since authentication: one per call of `exchange`. */
  readonly roundTrips: number;
  /**
   * Sends all sections at once and resolves to as many answers, null for a step that was passed over.
   * @param onAnswer called as each answer arrives, for progress.
   * @throws Failure when the connection dies or `silenceSeconds` pass without a byte; what was answered until then is
   *   in `ConnectionLost.answers`.
   */
  exchange(
    sections: readonly Section[],
    options?: { onAnswer?: (index: number, answer: Answer | null) => void; silenceSeconds?: number },
  ): Promise<(Answer | null)[]>;
  close(): Promise<void>;
}

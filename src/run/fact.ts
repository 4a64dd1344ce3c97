/** A fact of a host: what it is asked, and what the answer means. */
import type { Command } from './command.ts';
import type { Answer } from './exchange.ts';

/**
 * The exit status of a question that a program on the host has not answered in time (EX_TEMPFAIL of sysexits(3)): the host is
 * treated as one that cannot be asked. Standard error has what is wrong and what helps, a line each.
 */
export const UNANSWERED = 75;

/** One thing that a host can be asked; a Question by itself. */
export interface Fact<T> {
  readonly kind: 'run';
  /** Unique: two questions of one name are the same command; others are refused. */
  readonly name: string;
  readonly command: Command;
  /** Pure. */
  readonly parse: (answer: Answer) => T;
}

/** @param parse takes what was printed, and the exit status. */
export const fact = <T>(name: string, run: Command, parse: (text: string, exit: number) => T): Fact<T> => ({
  kind: 'run',
  name,
  command: run,
  parse: ({ stdout, exit }) => parse(stdout.toString('utf8'), exit),
});

/** A fact of a host: what it is asked, and what the answer means. */
import type { Command } from './command.ts';
import type { Answer } from './exchange.ts';
import type { Observed } from './resource.ts';

/** One thing that a host can be asked; a Question by itself. */
export interface Fact<T> {
  readonly kind: 'run';
  /** Unique: two questions of one name are the same command. */
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

/** The fact as the host has answered it. @throws Error where it was not asked. */
export const known = <T>(observed: Observed, { name, parse }: Fact<T>): T => parse(observed.run(name));

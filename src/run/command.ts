/**
 * What a host is to run, as data: a constant script and the words it finds in "$1", "$2" … Words never become part of
 * the script's text; quoting.ts alone turns the pair into shell text.
 */
export interface Command {
  readonly script: string;
  readonly args: readonly string[];
}

/** A constant script with positional arguments. */
export const command = (script: string, ...args: readonly string[]): Command => ({ script, args });

/** One program with its words, run as they stand. */
export const words = (...args: readonly string[]): Command => ({ script: '"$@"', args });

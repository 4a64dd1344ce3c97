/**
 * A command for a host, as data: a constant script and its arguments "$1", "$2" …. Arguments never become part of the
 * script's text; only quoting.ts makes shell text of the two.
 */
export interface Command {
  readonly script: string;
  readonly args: readonly string[];
  /** It may be run in one process with others; see `builtins`. */
  readonly isShared?: true;
  /** It begins before all others; see `early`. */
  readonly isEarly?: true;
  /** What a run makes without changing its answer; see `unchangedBy`. */
  readonly unchangedBy?: readonly Part[];
}

/** What a run makes before the rest: what other hosts wait for, and what can cut off access. */
export type Part = 'waited for' | 'risky';

/** A constant script with positional arguments. */
export const command = (script: string, ...args: readonly string[]): Command => ({ script, args });

/**
 * A script that the shell answers by itself, or nearly: with others like it it is run as a function in one subshell, for a
 * process of its own would cost more than it. So it returns and does not exit, gives its variables their values before it
 * reads them, and leaves the folder, the options and the traps of the shell as they are.
 */
export const builtins = (...of: Parameters<typeof command>): Command => ({ ...command(...of), isShared: true });

/**
 * A script that waits more than it computes: one of them in an exchange begins before everything else and is answered last,
 * with exit status 0 whatever it was. What it asks must not depend on when the others are answered.
 */
export const early = (...of: Parameters<typeof command>): Command => ({ ...command(...of), isEarly: true });

/**
 * A question that is not repeated after these parts of a run, because nothing in them changes its answer. At its end a run
 * asks everything again.
 */
export const unchangedBy = (parts: readonly Part[], of: Command): Command => ({ ...of, unchangedBy: parts });

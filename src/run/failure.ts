import type { FailureCode } from '../codes/failures.ts';

/**
 * Something that went wrong in the world and that a person can fix: a bad value, a host that does not answer, a
 * command that refused. Anything else that is thrown is a bug in mailtun and shows its stack.
 */
export class Failure extends Error {
  override readonly name = 'Failure';

  constructor(
    readonly code: FailureCode,
    /** What is wrong, with the bad value quoted; one sentence without a full stop. */
    readonly what: string,
    /** Where: a file with line and column, a host, a host and a path. */
    readonly where: string,
    /** What to do about it: the next command to type, or what to write instead. */
    readonly remedy: string,
  ) {
    super(`${where}: ${what}`);
  }
}

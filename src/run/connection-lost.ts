import type { Answer } from './exchange.ts';
import { Failure } from './failure.ts';

/** A connection that ended in the middle of an exchange; says how far the exchange had come. */
export class ConnectionLost extends Failure {
  constructor(
    what: string,
    where: string,
    remedy: string,
    /** By section: its answer, null for a step that was passed over, undefined where none had arrived. */
    readonly answers: readonly (Answer | null | undefined)[],
    /** Label of the section that may have been running; null where nothing had been sent. */
    readonly running: string | null,
  ) {
    super(what, where, remedy);
  }
}

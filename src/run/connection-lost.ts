import type { Answer } from './exchange.ts';
import { Failure } from './failure.ts';

/** What to do after a connection was lost. */
export const TO_CONTINUE = 'run the same command again: it continues with what is left to do';

/** How far an exchange had come. */
interface Reached {
  /** By section: its answer, null for a step that was passed over, undefined where none had arrived. */
  readonly answers: readonly (Answer | null | undefined)[];
  /** Label of the section that may have been running; null where nothing had been sent. */
  readonly running: string | null;
}

/** A connection that ended in the middle of an exchange; says how far the exchange had come. */
export class ConnectionLost extends Failure {
  readonly answers: Reached['answers'];
  readonly running: Reached['running'];

  constructor(
    { code, what, where, remedy }: Pick<Failure, 'code' | 'what' | 'where' | 'remedy'>,
    { answers, running }: Reached,
  ) {
    super(code, what, where, remedy);
    this.answers = answers;
    this.running = running;
  }
}

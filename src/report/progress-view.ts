import type { Progress } from '../run/target.ts';

/** Shows the progress of a run. */
export interface ProgressView {
  readonly on: (event: Progress) => void;
  /** Ends it; resolves when the last line is drawn. */
  readonly end: () => Promise<void>;
}

/** Where it is shown: the result, everything else, and whether that is a terminal. */
export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly interactive: boolean;
}

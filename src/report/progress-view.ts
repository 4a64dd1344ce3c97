import type { Progress } from '../run/target.ts';

/** What is being done now. */
export interface ProgressView {
  readonly on: (event: Progress) => void;
  /** Resolves when the last line is drawn. */
  readonly end: () => Promise<void>;
}

/** Where it is shown: the result, everything else, and whether somebody watches. */
export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly interactive: boolean;
}

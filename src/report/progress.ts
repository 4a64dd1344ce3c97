import type { Progress } from '../engine/converge.ts';

/** What is being done now: a line for each host on a terminal, a line for each step elsewhere, or nothing. */
export interface ProgressView {
  readonly on: (event: Progress) => void;
  /** Resolves when the last line is drawn. */
  readonly end: () => Promise<void>;
}

export const silentProgress: ProgressView = { on: () => {}, end: async () => {} };

/** For logs and pipes: one line a step. */
export const plainProgress = (write: (text: string) => void): ProgressView => ({
  on: ({ host, state, label }) => {
    if (state === 'changing') write(`${host}: ${label}\n`);
  },
  end: async () => {},
});

/** For a terminal. What draws is loaded here: runs without a terminal need not wait for it. */
export function terminalProgress(hosts: readonly string[]): ProgressView {
  const loaded = import('./terminal-progress.ts').then(({ listProgress }) => listProgress(hosts));
  return {
    on: event => void loaded.then(view => view.on(event)),
    end: async () => (await loaded).end(),
  };
}

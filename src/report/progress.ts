import { printable } from './printable.ts';
import type { Output, ProgressView } from './progress-view.ts';

/** Options that select how progress is shown. */
export interface ProgressOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
  /** Whether to show nothing without a terminal, as for cron. */
  readonly quiet?: boolean;
}

/**
 * Shows a line for each host on a terminal, and a line for each step elsewhere. `verbose`: every event, with the seconds
 * since the start, on stderr if stdout is for JSON.
 */
export function progressFor(
  hosts: readonly string[],
  { json, verbose, quiet }: ProgressOptions,
  terminal: Output,
): ProgressView {
  if (verbose) return verboseProgress(json ? terminal.err : terminal.out);
  if (json) return silentProgress;
  if (terminal.interactive) return terminalProgress(hosts);
  return quiet ? silentProgress : plainProgress(terminal.out);
}

/** Shows nothing. */
export const silentProgress: ProgressView = { on: () => {}, end: async () => {} };

/** For logs and pipes: one line per step. */
const plainProgress = (write: (text: string) => void): ProgressView => ({
  on: ({ host, state, label }) => {
    if (state === 'changing') write(printable(`${host}: ${label}\n`));
  },
  end: async () => {},
});

/** Shows every event with its time: `   0.42 s namorar: connects`. */
export function verboseProgress(write: (text: string) => void, now: () => number = Date.now): ProgressView {
  const start = now();
  return {
    on: ({ host, state, label }) => {
      const said = label === '' ? state : state === 'failed' ? `failed: ${label}` : label;
      write(printable(`${((now() - start) / 1000).toFixed(2).padStart(7)} s ${host}: ${said}\n`));
    },
    end: async () => {},
  };
}

/** For a terminal. The code that draws is loaded here, so that runs without a terminal need not wait for it. */
function terminalProgress(hosts: readonly string[]): ProgressView {
  const loaded = import('./terminal-progress.ts').then(({ listProgress }) => listProgress(hosts));
  return { on: event => void loaded.then(view => view.on(event)), end: async () => (await loaded).end() };
}

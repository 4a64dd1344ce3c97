import { Listr } from 'listr2';
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

/** For a terminal. */
export function terminalProgress(hosts: readonly string[]): ProgressView {
  const settled = new Map<string, { show: (text: string) => void; done: () => void; fail: (error: Error) => void }>();
  const list = new Listr(
    hosts.map(host => ({
      title: host,
      task: (_, task) =>
        new Promise<void>((done, fail) => {
          settled.set(host, { show: text => Object.assign(task, { output: text }), done, fail });
        }),
    })),
    { concurrent: true, exitOnError: false, collectErrors: false, rendererOptions: { showErrorMessage: false } },
  );
  const drawn = list.run();
  return {
    on: ({ host, state, label }) => {
      const line = settled.get(host);
      if (state === 'done') line?.done();
      else if (state === 'failed') line?.fail(new Error(label));
      else line?.show(label);
    },
    end: async () => {
      for (const line of settled.values()) line.done();
      await drawn;
    },
  };
}

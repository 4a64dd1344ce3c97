import { Listr } from 'listr2';
import type { ProgressView } from './progress-view.ts';

/** Shows a line for each host, and redraws it as the host progresses. The only file that uses listr2. */
export function listProgress(hosts: readonly string[]): ProgressView {
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

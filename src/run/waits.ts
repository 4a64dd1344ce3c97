/** Which hosts wait for which others at the end of a stage. */
import { few } from './few.ts';
import { each, type HostRun } from './host-run.ts';
import type { Progress } from './target.ts';

/** Shorter waits, in seconds, are not reported. */
const SHOWN_SECONDS = 0.01;
/** A stage that all of these hosts have to finish. @param what is being done in it, for people. */
export function waits(hosts: readonly string[], what: string, onProgress: (event: Progress) => void) {
  const busy = new Set(hosts);
  const since = new Map<string, number>();
  let last = '';
  return {
    /** This host has finished it. */
    ready(host: string): void {
      busy.delete(host);
      since.set(host, performance.now());
      last = host;
      if (busy.size > 0) onProgress({ host, state: 'waiting', label: `waits for ${few([...busy])}: ${what}` });
    },
    /** All have finished it. */
    over(): void {
      for (const [host, from] of since) {
        const seconds = (performance.now() - from) / 1000;
        if (host === last || seconds < SHOWN_SECONDS) continue;
        onProgress({ host, state: 'waiting', label: `waited ${seconds.toFixed(2)} s for ${last}: ${what}` });
      }
    },
  };
}

/** As `each`; also reports which hosts wait for which others. */
export async function eachOf(
  runs: readonly HostRun[],
  what: string,
  { concurrency, onProgress }: { readonly concurrency: number; readonly onProgress: (event: Progress) => void },
  work: (run: HostRun) => Promise<void> | void,
): Promise<void> {
  const due = runs.filter(run => run.failure === null);
  const wait = waits(
    due.map(run => run.target.host),
    what,
    onProgress,
  );
  await each(due, concurrency, async run => {
    try {
      await work(run);
    } finally {
      wait.ready(run.target.host);
    }
  });
  wait.over();
}

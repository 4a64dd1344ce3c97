/** The first move of a run on a host: it is asked everything, in one exchange. */

import { answered, found, type HostRun, lookedAt, sessionOf } from './host-run.ts';
import { leftovers, leftoversSection } from './leftovers.ts';
import { withKept } from './lost.ts';
import { askSections, observed } from './observe.ts';
import type { RunOptions } from './target.ts';

/** Connects and asks everything, in one exchange. */
export async function look(run: HostRun, options: Pick<RunOptions, 'onProgress' | 'check'>): Promise<void> {
  const { host, connect } = run.target;
  options.onProgress({ host, state: 'connecting', label: 'connects' });
  run.sessions.push(await connect());
  options.onProgress({ host, state: 'asking', label: 'looks at what is there' });
  const from = Date.now();
  await ask(run, !options.check && run.isOurs);
  lookedAt(run, from, Date.now());
}

/** Asks everything over the session in use. @param heed whether what the host did by itself is told for good. */
export async function ask(run: HostRun, heed: boolean): Promise<void> {
  const [left, ...answers] = await sessionOf(run).exchange([leftoversSection(heed), ...askSections(run.questions)]);
  found(run, leftovers(left));
  const said = observed(
    run.target.host,
    run.questions,
    answers.filter(answer => answer !== null),
  );
  answered(run, await withKept(sessionOf(run), run.questions, said));
}

/** The first step of a run on a host: all questions in one exchange. */

import type { Section } from './exchange.ts';
import { answered, firstAnswered, found, type HostRun, lockedEarly, sessionOf } from './host-run.ts';
import { leftovers, leftoversSection } from './leftovers.ts';
import { bareLock, bareLockSection } from './lock.ts';
import { withKept } from './lost.ts';
import { askSections, observed } from './observe.ts';
import type { RunOptions } from './target.ts';

/** Connects and asks everything, in one exchange. @param locks whether a host that no run has changed yet is locked with it. */
export async function connectAndAsk(
  run: HostRun,
  options: Pick<RunOptions, 'onProgress' | 'check'>,
  locks = false,
): Promise<void> {
  const { host, connect } = run.target;
  options.onProgress({ host, state: 'connecting', label: 'connects' });
  run.sessions.push(await connect());
  options.onProgress({ host, state: 'asking', label: 'reads the state' });
  const from = Date.now();
  const changes = !options.check && run.isOurs;
  await ask(run, changes, changes && locks ? [bareLockSection] : []);
  firstAnswered(run, from, Date.now());
}

/** Asks everything over the current session. @param reports whether rollbacks by the host itself are reported now and not again. */
export async function ask(run: HostRun, reports: boolean, first: readonly Section[] = []): Promise<void> {
  const sections = [...first, ...askSections(run.questions)];
  // Beside those that share a process with it.
  const place = Math.max(
    first.length,
    sections.findIndex(({ shared }) => shared),
  );
  const all = await sessionOf(run).exchange(sections.toSpliced(place, 0, leftoversSection(reports)));
  if (first.includes(bareLockSection)) lockedEarly(run, bareLock(all[0]));
  found(run, leftovers(all[place]));
  const answers = all.toSpliced(place, 1).slice(first.length);
  const said = observed(
    run.target.host,
    run.questions,
    answers.filter(answer => answer !== null),
  );
  answered(run, await withKept(sessionOf(run), run.questions, said));
}

/**
 * Before several hosts are restored, each stops what must not go on between one that is restored and one that is not yet: they
 * may not agree for a moment. None is restored unless all have stopped.
 */

import { each, type HostRun, sessionOf } from './host-run.ts';
import { type KeptRun, startSection, stopSection } from './kept.ts';
import { stepFailure } from './perform.ts';
import { leaveTheOthers } from './refusals.ts';
import type { Rollback } from './rollback.ts';
import type { RunOptions } from './target.ts';
import { eachOf } from './waits.ts';

/** A host, the run that is undone there, and the files of it that stay. */
interface Stopping {
  readonly host: HostRun;
  readonly run: KeptRun;
  readonly leave: readonly string[];
}

/** One exchange more with each of several hosts; nothing where there is only one. Failures are those of the hosts. */
export async function standStill(
  stoppings: readonly Stopping[],
  options: RunOptions & { readonly rollback: Rollback },
): Promise<void> {
  const hosts = stoppings.map(one => one.host).filter(host => host.failure === null);
  if (hosts.length < 2) return;
  const of = new Map(stoppings.map(one => [one.host, one]));
  const move = async (host: HostRun, section: ReturnType<typeof startSection>): Promise<void> => {
    options.onProgress({ host: host.target.host, state: 'changing', label: section.label });
    const [answer] = await sessionOf(host).exchange([section]);
    if (answer?.exit !== 0) throw stepFailure(host.target.host, section.label, answer ?? null);
  };
  await eachOf(hosts, 'what must not go on meanwhile', options, async host => {
    const { run, leave } = of.get(host) ?? {};
    if (run && leave) await move(host, stopSection(run, leave, options.rollback));
  });
  const failed = hosts.filter(host => host.failure !== null).map(host => host.target.host);
  if (failed.length === 0) return;
  await each(hosts, options.concurrency, host => move(host, startSection(options.rollback)));
  leaveTheOthers(
    hosts,
    `${failed.join(', ')} could not be made ready`,
    `fix ${failed.join(', ')} first`,
    'no file was changed on any host',
  );
}

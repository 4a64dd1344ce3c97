/** The result of an undo on a host, in the form of any other run's. */

import { each, type HostRun, roundTripsOf, sessionOf } from './host-run.ts';
import { type Kept, type KeptRun, textSections } from './kept.ts';
import { change, reason } from './resource.ts';
import type { Outcome } from './target.ts';

/** The resource that an undo changes. */
export const UNDO = 'what was there before';

/** A change for everything that was restored. @param run null if nothing was. */
export async function undoOutcome(
  host: HostRun,
  run: KeptRun | null,
  { stays, diff }: { readonly stays: (path: string) => boolean; readonly diff: boolean },
): Promise<Outcome> {
  const kept = (run?.kept ?? []).filter(one => !stays(one.name));
  const applied = host.changes.some(one => one.resource === UNDO && one.applied);
  const diffs = new Map<string, TextDiff>();
  if (run && diff)
    await each([host], 1, async () => {
      for (const one of await diffsOf(host, run, kept)) diffs.set(one.path, one);
    });
  const changes = kept.map(one => ({
    ...change(isFile(one) ? one.name : `${one.how} ${one.name}`, reason('undo-pending', whyOf(one)), []),
    diff: diffs.get(one.name) ?? null,
    task: 'undo',
    applied,
  }));
  return {
    host: host.target.host,
    changes,
    unchanged: 0,
    failure: host.failure,
    roundTrips: roundTripsOf(host),
    notes: host.notes,
  };
}

const whyOf = ({ how, state }: Kept): string =>
  how === 'replaced' ? 'was replaced' : how === 'created' ? 'was not there' : `was ${state}`;

type TextDiff = NonNullable<Outcome['changes'][number]['diff']>;

const isFile = ({ how }: Kept): boolean => how === 'replaced' || how === 'created';

async function diffsOf(host: HostRun, run: KeptRun, kept: readonly Kept[]): Promise<readonly TextDiff[]> {
  const paths = kept.filter(isFile).map(one => one.name);
  const answers = await sessionOf(host).exchange(paths.flatMap(path => textSections(run, path)));
  const texts = answers.map(answer => answer?.stdout.toString('utf8') ?? '');
  return paths.flatMap((path, index) => {
    const [before = '', after = ''] = texts.slice(2 * index);
    return before === after ? [] : [{ path, before, after }];
  });
}

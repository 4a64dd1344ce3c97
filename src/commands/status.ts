import type { Reported } from '../report/since.ts';
import { Failure } from '../run/failure.ts';
import { begin, loading } from './begin.ts';
import { readReported } from './reported-file.ts';
import type { StatusOptions } from './status-report.ts';
import type { Act } from './terminal.ts';

/** Reports the state of the fleet. Resolves to the exit status. */
export const status: Act<StatusOptions> = async (inventory, options, terminal) => {
  const { since } = options;
  let before: readonly Reported[] = [];
  const begun = await begin(inventory, options, terminal, async () => {
    if (options.watch !== undefined && (options.json || since !== undefined || options.acknowledge))
      throw new Failure(
        'usage',
        '--watch cannot be combined with --json, --since or --acknowledge',
        'status',
        'leave one of them out',
      );
    // A file that cannot be used is wrong usage.
    if (since !== undefined) before = await readReported(since);
  });
  await loading(
    () => import('../run/converge.ts'),
    () => import('../tasks/all.ts'),
    () => import('./targets.ts'),
    () => import('./examine.ts'),
  );
  const { reportOnce, watch } = await import('./status-report.ts');
  return options.watch === undefined ? reportOnce(begun, before, options, terminal) : watch(begun, options, terminal);
};

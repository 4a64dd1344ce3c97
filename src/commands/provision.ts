import { begin, loading } from './begin.ts';
import type { ProvisionOptions } from './make-wanted.ts';
import type { Act } from './terminal.ts';

/** Brings every host into the state that the inventory describes. Resolves to the exit status. */
export const provision: Act<ProvisionOptions> = async (inventory, options, terminal) => {
  const begun = await begin(inventory, options, terminal, async () => {
    if (options.only) (await import('./targets.ts')).chosenTasks(options.only);
  });
  await loading(
    () => import('../run/converge.ts'),
    () => import('../tasks/all.ts'),
    () => import('./targets.ts'),
  );
  const { makeWanted } = await import('./make-wanted.ts');
  return makeWanted(begun, options, terminal);
};

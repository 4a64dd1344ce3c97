import { notesText, provisionJson, provisionText } from '../report/provision.ts';
import type { Outcome } from '../run/target.ts';
import type { CommonOptions, Terminal } from './terminal.ts';

/** Prints the outcomes of provision or undo, with their diffs; beside a JSON document, these and the notes go to stderr. */
export async function reportOutcomes(
  command: 'provision' | 'undo',
  outcomes: readonly Outcome[],
  options: CommonOptions & { readonly check?: boolean; readonly diff?: boolean },
  terminal: Terminal,
): Promise<void> {
  const check = options.check ?? false;
  const diff = options.diff ? (await import('../report/diff.ts')).diffText(outcomes) : '';
  if (options.json) {
    terminal.out(`${JSON.stringify(provisionJson(outcomes, check, command))}\n`);
    terminal.err(diff + notesText(outcomes));
  } else terminal.out(diff + provisionText(outcomes, check));
}

import { command } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

/** Whether there is a program of a filter at that path. */
export const hasFilter = (path: string): Fact<boolean> =>
  fact(`filter ${path}`, command('[ -f "$1" ] && [ -x "$1" ]', path), (_, exit) => exit === 0);

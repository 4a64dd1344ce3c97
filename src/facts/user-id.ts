import { command } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

/** The number of a user; null where there is none of that name. */
export const userId = (login: string): Fact<number | null> =>
  fact(`user ${login}`, command('exec id -u -- "$1"', login), (text, exit) => (exit === 0 ? Number(text) : null));

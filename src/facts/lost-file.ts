import { command } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

/** Whether a power cut has left only NUL bytes of a file, whose text stays on its host. */
export const isLostOn = (path: string): Fact<boolean> =>
  fact(`whether ${path} is lost`, command('is_lost "$1" && echo lost; exit 0', path), text => text.trim() === 'lost');

import { isLostOn } from '../facts/lost-file.ts';
import { command } from '../run/command.ts';
import { lost } from '../run/lost.ts';
import { change, type Resource } from '../run/resource.ts';

/** A key that another program makes if it finds none: removed if a power cut has left only NUL bytes of it. */
export function lostKey(path: string): Resource {
  return {
    id: path,
    questions: [isLostOn(path)],
    judge(observed) {
      if (!observed.get(isLostOn(path))) return null;
      const remove = { label: `removes ${path}`, command: command('rm -f "$1"', path) };
      return change(path, lost('removed; a new one is made when it is needed'), [remove]);
    },
  };
}

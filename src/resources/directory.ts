import { command } from '../run/command.ts';
import { Failure } from '../run/failure.ts';
import { change, type Resource, reason } from '../run/resource.ts';

/** A directory of root's that has to exist; an existing one is not changed. */
export const directory = (path: string, group: string): Resource => ({
  id: path,
  questions: [{ kind: 'file', path, want: 'stat' }],
  judge(observed) {
    const { type } = observed.file(path);
    if (type === 'directory' || type === 'link') return null;
    if (type !== 'missing')
      throw new Failure('file-type-wrong', `${path} is not a directory`, path, 'move it out of the way');
    const make = command('keep "$1" && install -d -m 0755 -o root -g "$2" "$1"', path, group);
    return change(path, reason('directory-missing', 'missing'), [
      // Files are staged in it before anything is renamed.
      { label: `makes ${path}`, stage: make, command: command('[ -d "$1" ]', path) },
    ]);
  },
});

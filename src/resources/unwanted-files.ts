/** Files that mailtun has written, such as secrets, and that nothing reads any more. */
import { filesLike } from '../facts/files-like.ts';
import { command } from '../run/command.ts';
import { type Change, change, type Reason, type Resource, reason, type Step } from '../run/resource.ts';

/** Which files are removed. */
export interface UnwantedFiles {
  /** Unique on the host, as people read it: `preshared keys`. */
  readonly what: string;
  /** Patterns of sh(1) for names that nobody else uses. Constant text without blanks. */
  readonly patterns: readonly string[];
  /** Paths that are kept. */
  readonly wanted: readonly string[];
  readonly risk?: Change['risk'];
}

/** A step that removes a file; undo restores it. */
export const removes = (path: string): Step => ({
  label: `removes ${path}`,
  command: command('keep "$1" && rm -f "$1"', path),
});

/** The reason for a file that nothing needs. */
export const unneeded = (path: string): Reason => reason('unwanted', `${path} is no longer needed`);

/** Removes the files that match the patterns and are not wanted; undo restores them. */
export const unwantedFiles = ({ what, patterns, wanted, risk = null }: UnwantedFiles): Resource => ({
  id: what,
  questions: [filesLike(what, patterns)],
  judge(observed) {
    const gone = observed.get(filesLike(what, patterns)).filter(path => !wanted.includes(path));
    if (gone.length === 0) return null;
    return change(what, gone.map(unneeded), gone.map(removes), { risk });
  },
});

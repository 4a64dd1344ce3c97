/** Secrets that mailtun has put there and that nothing reads any more. */
import { command } from '../run/command.ts';
import { type Change, change, type Resource, reason } from '../run/resource.ts';

/** Files that are to go, and what goes with them. */
export interface UnwantedFiles {
  /** Unique on the host, as people read it: `preshared keys`. */
  readonly what: string;
  /** Patterns of sh(1) of names that nobody else uses. Constant text without blanks. */
  readonly patterns: readonly string[];
  /** Paths that stay. */
  readonly wanted: readonly string[];
  readonly risk?: Change['risk'];
}

// Answered by the shell alone. What a rotation or a run has begun is its own business.
const THERE = `
for pattern; do
  for path in $pattern; do
    case $path in *.next|*.unfinished) continue;; esac
    [ ! -f "$path" ] || print -r -- "$path"
  done
done
exit 0
`;

/** Removes the files that fit the patterns and are not wanted; they are kept for undo. */
export const unwantedFiles = ({ what, patterns, wanted, risk = null }: UnwantedFiles): Resource => ({
  id: what,
  questions: [{ kind: 'run', name: what, command: command(THERE, ...patterns) }],
  judge(observed) {
    const there = observed.run(what).stdout.toString('utf8').split('\n').filter(Boolean);
    const gone = there.filter(path => !wanted.includes(path));
    if (gone.length === 0) return null;
    return change(
      what,
      gone.map(path => reason('unwanted', `${path} is no longer wanted`)),
      gone.map(path => ({ label: `removes ${path}`, command: command('keep "$1" && rm -f "$1"', path) })),
      { risk },
    );
  },
});

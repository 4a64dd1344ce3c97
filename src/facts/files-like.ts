import { builtins } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

// No program is run. Files that a rotation or a run is still working on are left out.
const FILES = `
for pattern; do
  for path in $pattern; do
    case $path in *.next|*.unfinished) continue;; esac
    [ ! -f "$path" ] || print -r -- "$path"
  done
done
`;

/** Paths of the files that fit patterns of sh(1), which are constant text without blanks. @param what unique on the host. */
export const filesLike = (what: string, patterns: readonly string[]): Fact<readonly string[]> =>
  fact(what, builtins(FILES, ...patterns), text => text.split('\n').filter(Boolean));

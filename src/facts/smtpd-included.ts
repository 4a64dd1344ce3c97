/**
 * The names of actions in a file of smtpd.conf(5) and in those that it includes, and of those that its rules use; the text does
 * not leave the host.
 */
import { command } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

/**
 * `actions_in FILE` prints the name of each action, one a line; with `rules` also that of each rule's action, after a tab. A
 * line may be continued by a backslash, a comment as well (lgetc() and yylex() in parse.y).
 */
export const ACTIONS_IN = `
actions_in() {
  awk '
  BEGIN { scan(ARGV[1]); exit }
  function bare(word) {
    if (word ~ /^"/) { sub(/^"/, "", word); sub(/".*/, "", word) } else sub(/[ \\t#].*/, "", word)
    return word
  }
  function scan(path, line, more, word) {
    if (path in seen) return
    seen[path]
    while ((getline line < path) > 0) {
      while (line ~ /\\\\$/ && (getline more < path) > 0) line = substr(line, 1, length(line) - 1) more
      if (match(line, /^[ \\t]*(action|include)[ \\t]+/)) {
        word = bare(substr(line, RLENGTH + 1))
        if (line ~ /^[ \\t]*action/) print word
        else scan(word)
      } else if (ARGV[2] == "rules" && sub(/^[ \\t]*match[ \\t].*[ \\t]action[ \\t]+/, "", line)) print "\\t" bare(line)
    }
    close(path)
  }' "$@"
}
`;

/** Actions in files that smtpd.conf(5) includes. */
export interface IncludedActions {
  readonly names: ReadonlySet<string>;
  /** False where a name is a macro, so that others than these may be meant. */
  readonly isSure: boolean;
  /** Of actions that rules there use. */
  readonly used: ReadonlySet<string>;
}

/** @param text what `actions_in` prints. */
export function parseIncludedActions(text: string): IncludedActions {
  const lines = text.split('\n').filter(name => name !== '');
  const [names, used] = [lines.filter(line => !line.startsWith('\t')), lines.filter(line => line.startsWith('\t'))];
  return {
    names: new Set(names),
    isSure: !names.some(name => name.startsWith('$')),
    used: new Set(used.map(line => line.slice(1))),
  };
}

/** Actions in such a file; none where it cannot be read. */
export const actionsOf = (path: string): Fact<IncludedActions> =>
  fact(
    'the actions of own lines',
    command(`${ACTIONS_IN}[ ! -r "$1" ] || actions_in "$1" rules`, path),
    parseIncludedActions,
  );

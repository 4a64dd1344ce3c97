/** What a run of mailtun has on a host while it works, and leaves there if it is killed. */
import { builtins } from '../run/command.ts';
import { fact } from '../run/fact.ts';
import { LOCK_DIRECTORY, STATE_DIRECTORY } from '../run/prelude.ts';
import { linesOf } from './lines.ts';

/** The lock, the dead-man switch, and what that has rolled back. */
export interface LeftByRun {
  /** The lock that keeps other runs out; null where nobody holds it. */
  readonly lock: { readonly who: string; readonly since: string; readonly alive: boolean } | null;
  /** When the dead-man switch was armed, in seconds since 1970; null where it is not. */
  readonly armedAt: number | null;
  /** Lines about what a dead-man switch has rolled back. */
  readonly reverted: readonly string[];
}

/** @param text what READ prints. */
export function parseLeftByRun(text: string): LeftByRun {
  const lines = linesOf(text);
  const after = (word: string): readonly string[] =>
    lines.filter(line => line.startsWith(`${word} `)).map(line => line.slice(word.length + 1));
  const armed = Number(after('armed')[0]);
  const [, run = '', , , since = '', who = ''] = lines;
  return {
    lock:
      lines[0] === 'lock'
        ? run.startsWith('shell ')
          ? { who: 'an unknown run', since: 'an unknown time', alive: false }
          : { who, since, alive: lines[6] === 'shell lives' }
        : null,
    armedAt: armed > 0 ? armed : null,
    reverted: after('reverted'),
  };
}

const READ = `
if [ -d "$1" ]; then
  print -r -- "lock"
  cat "$1/owner" 2>/dev/null
  pid=$(sed -n 2p "$1/owner" 2>/dev/null)
  if _is "\${pid:-0}" "$(sed -n 3p "$1/owner" 2>/dev/null)"; then echo shell lives; else echo shell gone; fi
fi
[ ! -d "$2/armed" ] || print -r -- "armed $(stat -f %m "$2/armed/run" 2>/dev/null || stat -f %m "$2/armed")"
for ending in "$2"/ending-*; do [ ! -d "$ending" ] || print -r -- "armed 1"; done
[ ! -s "$2/reverted" ] || sed 's/^/reverted /' "$2/reverted"
return 0
`;

/** What a run has left there, or is working with now. */
export const LEFT_BY_RUN = fact(
  'the lock and the dead-man switch',
  builtins(READ, LOCK_DIRECTORY, STATE_DIRECTORY),
  parseLeftByRun,
);

/** What a run of mailtun's leaves on a host while it works, and where it died. */
import { linesOf } from '../facts/lines.ts';

export interface LeftByRun {
  /** The lock that keeps other runs out; null where nobody holds it. */
  readonly lock: { readonly who: string; readonly since: string; readonly alive: boolean } | null;
  /** When the dead-man switch was armed, in seconds since 1970; null where it is not. */
  readonly armedAt: number | null;
  /** What a switch that went off has left word of; empty where none did. */
  readonly reverted: readonly string[];
}

/** As the question about the run prints it. */
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
          ? { who: 'nobody', since: 'some time', alive: false }
          : { who, since, alive: lines[6] === 'shell lives' }
        : null,
    armedAt: armed > 0 ? armed : null,
    reverted: after('reverted'),
  };
}

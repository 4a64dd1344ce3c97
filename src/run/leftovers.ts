/** What earlier runs have left on a host: asked with the first exchange of every run, so that it costs no round trip. */

import { builtins } from './command.ts';
import { type Answer, type Section, sectionOf } from './exchange.ts';
import { HELD_FILE as HELD, STATE_DIRECTORY as STATE } from './prelude.ts';

const ASK = `
[ ! -e ${HELD} ] || echo held
for last in ${STATE}/undo/?*; do :; done
[ ! -d "$last" ] || print -r -- "run \${last##*/}"
for at in ${STATE}/armed ${STATE}/ending-*; do [ ! -d $at ] || echo unended; done
[ -s ${STATE}/reverted ] || return 0
sed 's/^/reverted /' ${STATE}/reverted && [ "$1" = look ] || rm -f ${STATE}/reverted
`;

/** What earlier runs left on a host. */
export interface Leftovers {
  /** The newest run that changed something; empty for none. */
  readonly lastRun: string;
  /** A dead-man switch is still armed, or was interrupted while it ended. */
  readonly unended: boolean;
  /** Sending to other hosts is stopped. */
  readonly held: boolean;
  /** What the host has rolled back by itself since it was last asked. */
  readonly reverted: readonly string[];
}

/** @param reports whether rollbacks by the host itself are reported now and not again. */
export const leftoversSection = (reports: boolean): Section =>
  sectionOf('ask', 'checks for interrupted runs', builtins(ASK, reports ? 'report' : 'look'));

/** Reads the answer to `leftoversSection`; nothing where there is none. */
export function leftovers(answer: Answer | null | undefined): Leftovers {
  const lines = (answer?.stdout.toString('utf8') ?? '').split('\n');
  const after = (word: string): string[] =>
    lines.filter(line => line.startsWith(word)).map(line => line.slice(word.length));
  return {
    lastRun: after('run ')[0] ?? '',
    unended: lines.includes('unended'),
    held: lines.includes('held'),
    reverted: after('reverted '),
  };
}

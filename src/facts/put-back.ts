import { builtins } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import { STATE_DIRECTORY } from '../run/prelude.ts';
import { parseWgInterface, type WgInterface } from './ifconfig.ts';

// A rollback makes the interface anew, without its handshakes.
const SAVED = `
for saved in ${STATE_DIRECTORY}/put-back/interface.?*; do
  [ ! -s "$saved" ] || { print -r -- "# $(($(date +%s) - $(stat -f %m "$saved")))"; cat "$saved"; }
done
`;

/** A wg(4) interface as it was when a change of it was rolled back. */
interface PutBack {
  readonly ageSeconds: number;
  readonly was: WgInterface;
}

/** Changes that the host rolled back because they were not confirmed. */
export const PUT_BACK: Fact<readonly PutBack[]> = fact('what was put back', builtins(SAVED), text =>
  text
    .split(/^# /m)
    .slice(1)
    .flatMap(part => {
      const was = parseWgInterface(part.slice(part.indexOf('\n') + 1));
      return was ? [{ ageSeconds: Number.parseInt(part, 10), was }] : [];
    }),
);

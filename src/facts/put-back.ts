import { command } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import { STATE_DIRECTORY } from '../run/prelude.ts';
import { parseWgInterface, type WgInterface } from './ifconfig.ts';

// Whoever has put an interface back has made it anew, without its handshakes.
const SAVED = `
cd ${STATE_DIRECTORY}/put-back 2>/dev/null || exit 0
for saved in interface.?*; do
  [ ! -s "$saved" ] || { print -r -- "# $(($(date +%s) - $(stat -f %m "$saved")))"; cat "$saved"; }
done
exit 0
`;

/** A wg(4) interface as it was when a change of it was rolled back. */
export interface PutBack {
  readonly ageSeconds: number;
  readonly was: WgInterface;
}

/** Changes that the host rolled back because they were not confirmed. */
export const PUT_BACK: Fact<readonly PutBack[]> = fact('what was put back', command(SAVED), text =>
  text
    .split(/^# /m)
    .slice(1)
    .flatMap(part => {
      const was = parseWgInterface(part.slice(part.indexOf('\n') + 1));
      return was ? [{ ageSeconds: Number.parseInt(part, 10), was }] : [];
    }),
);

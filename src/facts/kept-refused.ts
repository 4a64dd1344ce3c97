import { command } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import { STATE_DIRECTORY } from '../run/prelude.ts';
import { linesOf } from './lines.ts';

// A file of mailtun's may name others that only an undo brings back, so what smtpd says of it now means nothing. Where smtpd did
// not run, an undo does not start it. `is_lost` is in prelude.ts.
const ASK = `
cd ${STATE_DIRECTORY} 2>/dev/null || exit 0
for at in original undo/?*; do
  file=${STATE_DIRECTORY}/$at/files/etc/mail/smtpd.conf
  [ -f "$file" ] && [ ! -e "$at/undone" ] && ! is_lost "$file" || continue
  ! grep -q '^# Written by mailtun' "$file" && ! grep -qx 'service smtpd stopped' "$at/list" || continue
  said=$(smtpd -n -f "$file" 2>&1) || print -r -- "refused \${at#undo/} \${said%%\${_line}*}"
done
exit 0
`;

/** What smtpd(8) says against each kept smtpd.conf of somebody else's, by the name of the run. */
export const KEPT_REFUSED: Fact<ReadonlyMap<string, string>> = fact(
  'what smtpd says of a kept smtpd.conf',
  command(ASK),
  text =>
    new Map(
      linesOf(text).flatMap(line => {
        const [, run, said = ''] = /^refused (\S+) ?(.*)$/.exec(line) ?? [];
        return run === undefined ? [] : [[run, said] as const];
      }),
    ),
);

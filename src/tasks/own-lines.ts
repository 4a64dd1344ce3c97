/**
 * The admin's own part of smtpd.conf(5): a file that mailtun creates once and never writes again. Its content does not leave
 * the host, except for the names of its actions.
 */

import { actionsOf, type IncludedActions } from '../facts/smtpd-included.ts';
import type { Host } from '../hosts/fleet.ts';
import { ofRoot, refuseOddities, sha256 } from '../resources/file.ts';
import { command } from '../run/command.ts';
import { LOCK_DIRECTORY } from '../run/prelude.ts';
import { change, type Observed, type Resource, reason, textOf } from '../run/resource.ts';
import { shownStatement, withoutEquivalent } from './no-equivalent.ts';

/** The admin's own part of smtpd.conf(5). */
export const OWN_LINES = '/etc/mail/smtpd.local.conf';

/** The include statement; after mailtun's tables, listeners and actions, and before its rules. */
export const includeOf = (host: Host): string | readonly string[] => (host.ownLines ? `include "${OWN_LINES}"` : []);

/** smtpd reads it as root, so nobody else has to: it may contain a key of `srs` (pushfile() in parse.y). */
const MODE = ofRoot('0600');

// Not kept for undo, which would delete it with everything that the admin has written. ln(1) fails if the file was created in
// the meantime; that file is not changed.
const STAGE = `
[ ! -d ${LOCK_DIRECTORY} ] || print -r -- "$1" >>${LOCK_DIRECTORY}/staged
new=$1.mailtun.unfinished
rm -f "$new"
if print -rn -- "$2" >"$new" && [ "$(sha256 -q "$new")" = "$3" ] && chown "$4" "$new" && chmod "$5" "$new"; then :; else
  rm -f "$new"; complain "$1: could not be written completely; is the disk full?"; exit
fi
`;
const PLACE = `
ln "$1.mailtun.unfinished" "$1" 2>/dev/null || [ -f "$1" ] && rm -f "$1.mailtun.unfinished"
`;

/**
 * The file, made empty, or with what a hand-made smtpd.conf(5) had and mailtun's has not, commented out.
 * @param conf the resource that writes smtpd.conf(5); `wanted` is its text.
 */
export const ownLines = (conf: Resource, wanted: () => string): Resource => ({
  id: OWN_LINES,
  questions: [{ kind: 'file', path: OWN_LINES, want: 'stat' }, ...conf.questions],
  judge(observed) {
    const now = observed.file(OWN_LINES);
    refuseOddities(now);
    if (now.type === 'file') return null;
    const text = firstText(lostLines(conf, observed, wanted));
    const dress = [`${MODE.owner}:${MODE.group}`, MODE.mode];
    return change(OWN_LINES, reason('file-missing', 'missing'), [
      {
        label: `makes ${OWN_LINES}`,
        stage: command(STAGE, OWN_LINES, text, sha256(text), ...dress),
        command: command(PLACE, OWN_LINES),
      },
    ]);
  },
  wants: () => [{ path: OWN_LINES, content: '', ...MODE }],
});

/** What is lost with a hand-made smtpd.conf(5); nothing if it was not made by hand. */
function lostLines(conf: Resource, observed: Observed, wanted: () => string): readonly string[] {
  if ((conf.foreign?.(observed) ?? null) === null) return [];
  return withoutEquivalent(textOf(observed, conf.id), wanted());
}

const firstText = (lines: readonly string[]): string =>
  lines.length === 0
    ? ''
    : `${[
        '# From the smtpd.conf that was here before: what mailtun has no equivalent for.',
        '# Take the first # off a line to have it back, and run mailtun again; mailtun does not write to this file again.',
        ...lines.map(line => `# ${line}`),
      ].join('\n')}\n`;

/** The resource that writes smtpd.conf(5); the reason of a change also lists lines of a hand-made file without equivalent. */
export function sayingWhatIsLost(conf: Resource, wanted: () => string): Resource {
  const said = (observed: Observed): string | null => {
    const lines = lostLines(conf, observed, wanted).map(shownStatement);
    return lines.length === 0 ? null : `mailtun has no equivalent for: ${lines.join('; ')}`;
  };
  return {
    ...conf,
    judge(observed, world) {
      const judged = conf.judge(observed, world);
      const lost = judged?.takesOver ? said(observed) : null;
      return judged && lost !== null ? { ...judged, why: `${judged.why}; ${lost}` } : judged;
    },
    loses: said,
  };
}

/** The actions in the own lines. */
export const OWN_ACTIONS = actionsOf(OWN_LINES);

/** Null where the host has no own lines, so that `OWN_ACTIONS` is not asked. */
export const includedActions = (host: Host, observed: Observed): IncludedActions | null =>
  host.ownLines ? observed.get(OWN_ACTIONS) : null;

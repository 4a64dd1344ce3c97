/**
 * Mail in the queue names its action, and a file from before a run may not have that action (facts 4.4): an undo that
 * brought it back would leave the mail in the spool, out of smtpctl(8)'s sight. Pure but for the script.
 */

import { parseSpool, READ_SPOOL, SPOOL } from '../facts/smtpd-queue.ts';
import { command } from '../run/command.ts';
import { Failure } from '../run/failure.ts';
import { STATE_DIRECTORY } from '../run/prelude.ts';
import type { Observed, Question } from '../run/resource.ts';
import { strandedIn } from './stranded-mail.ts';

// Nothing is started where nothing waits.
const ASK = `
for first in ${SPOOL}/*/*/????????????????; do break; done
[ -e "$first" ] && cd ${STATE_DIRECTORY} 2>/dev/null || exit 0
for at in original undo/?*; do
  conf=$at/files/etc/mail/smtpd.conf
  [ ! -f "$conf" ] || { print -r -- "conf $at"; sed 's/^/| /' "$conf"; }
done
${READ_SPOOL}`;

/** Asks which actions queued mail waits for, and for every smtpd.conf that is kept. */
export const keptActionsQuestion: Question & { readonly kind: 'run' } = {
  kind: 'run',
  name: 'queued mail and the smtpd.conf that is kept',
  command: command(ASK),
};

/**
 * Why a run can't be undone yet; null where no queued mail would be stranded.
 * @param run the kept run's name, `original` for the state before all runs.
 */
export function strandedByUndo(host: string, run: string, observed: Observed): Failure | null {
  const said = observed.run(keptActionsQuestion.name).stdout.toString('utf8');
  const [, text] = said.split(`conf ${run === 'original' ? run : `undo/${run}`}\n`);
  if (text === undefined) return null;
  const lines = text.split('\n');
  const end = lines.findIndex(line => !line.startsWith('| '));
  const conf = lines.slice(0, end < 0 ? lines.length : end).map(line => line.slice(2));
  const lost = strandedIn(conf.join('\n'), parseSpool(said));
  if (lost.length === 0) return null;
  const count = lost.reduce((sum, one) => sum + one.count, 0);
  const some = lost
    .flatMap(one => one.some)
    .slice(0, 5)
    .map(({ evpid, sender, recipient }) => `${evpid} from <${sender}> to <${recipient}>`);
  const actions = lost.map(({ action }) => `"${action}"`).join(', ');
  return new Failure(
    `${count} queued ${count === 1 ? 'message needs' : 'messages need'} an action that the earlier smtpd.conf does not have: ${actions} (${some.join('; ')}${count > some.length ? '; …' : ''})`,
    host,
    'deliver them first (smtpctl schedule all) or remove them (smtpctl remove ID), then run this again; the file of a message that smtpd holds for a destination goes when it stops trying, within seconds or minutes',
  );
}

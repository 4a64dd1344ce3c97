/**
 * Mail in the queue names its action, and the smtpd.conf from before a run may not have that action (envelope.c): an undo that
 * brought it back would leave the mail in the spool, where smtpctl(8) does not show it.
 */

import { KEPT_ACTIONS } from '../facts/kept-actions.ts';
import type { Failure } from '../run/failure.ts';
import type { Observed } from '../run/resource.ts';
import { mailIn, withoutAction } from './carried-refusals.ts';
import { QUEUE_FITS } from './queue-fits.ts';
import { strandedIn } from './stranded-mail.ts';

/**
 * Why a run can't be undone yet; null where no queued mail would be stranded. Pure.
 * @param run the kept run's name, `original` for the state before all runs.
 */
export function strandedByUndo(host: string, run: string, observed: Observed): Failure | null {
  const { spool, confs } = observed.get(KEPT_ACTIONS);
  const conf = confs.get(run);
  const lost = conf === undefined ? [] : strandedIn(conf, spool);
  if (lost.length === 0) return null;
  return withoutAction(host, 'the earlier smtpd.conf does not have', {
    actions: lost.map(({ action }) => action),
    count: lost.reduce((sum, one) => sum + one.count, 0),
    some: lost.flatMap(one => one.some).map(mailIn),
  });
}

/**
 * smtpd(8) takes mail until it ends, under an action that the earlier file may not have. So it ends first, and only then is
 * the queue looked at for the last time, and the file put back.
 */
export const STOPPING = `${QUEUE_FITS}
stopped=
_smtpd_runs() { pgrep -x -u root -P 1 smtpd >/dev/null; }
stop_for() {
  local conf=/etc/mail/smtpd.conf old=$1/files/etc/mail/smtpd.conf ended=
  [ -s "$old" ] && ! cmp -s "$old" $conf && ! _is_left $conf && _smtpd_runs || return 0
  stopped=yes
  pause
  [ -n "$ended" ] || rcctl stop smtpd >/dev/null
  queue_fits "$old"
}
start_again() { [ -z "$stopped" ] || _smtpd_runs || _rcctl start smtpd >/dev/null; }
`;

/**
 * Mail in the queue names its action, and the smtpd.conf from before a run may not have that action (envelope.c): an undo that
 * brought it back would leave the mail in the spool, where smtpctl(8) does not show it.
 */

import { KEPT_ACTIONS } from '../facts/kept-actions.ts';
import { UNREAD_IN_QUEUE } from '../facts/queue-form.ts';
import { type Action, parseSmtpdConf, type SmtpdConf } from '../facts/smtpd-conf.ts';
import { Failure } from '../run/failure.ts';
import type { KeptRun } from '../run/kept.ts';
import type { Observed } from '../run/resource.ts';
import { DELIVER_FIRST, datedMailIn, withoutAction } from './carried-refusals.ts';
import { CONF } from './in-force.ts';
import { QUEUE_FITS } from './queue-fits.ts';
import { actionIn, strandedIn } from './stranded-mail.ts';
import { textsOf } from './undo-agreement.ts';

/** Why a run can't be undone yet; null where all queued mail would go on as it does now. Pure. */
export function strandedByUndo(host: string, run: KeptRun, observed: Observed): Failure | null {
  const { spool } = observed.get(KEPT_ACTIONS);
  const texts = textsOf(run, observed);
  const [now, after] = [texts.now(CONF), texts.after(CONF)];
  if (spool.isEmpty || now === after) return null;
  const [present, former] = [parseSmtpdConf(now), parseSmtpdConf(after)];
  if (formOf(present) !== formOf(former))
    return new Failure(
      'queue-not-empty',
      'mail is queued in a form that smtpd would not read with the earlier smtpd.conf: queue compression or queue encryption differs',
      host,
      DELIVER_FIRST,
    );
  const refusal = (names: readonly string[], which: string): Failure | null =>
    names.length === 0
      ? null
      : withoutAction(host, which, {
          actions: names,
          count: names.reduce((sum, name) => sum + (spool.counts.get(name) ?? 0), 0),
          some: spool.unknown.filter(mail => names.includes(mail.action)).map(datedMailIn),
        });
  const leadsElsewhere = (name: string): boolean => {
    const [one, other] = [actionIn(present, name), actionIn(former, name)];
    return one !== null && other !== null && wayOf(one) !== wayOf(other);
  };
  return (
    refusal(
      strandedIn(after, spool).map(({ action }) => action),
      'the earlier smtpd.conf does not have',
    ) ?? refusal([...spool.counts.keys()].filter(leadsElsewhere), 'leads elsewhere in the earlier smtpd.conf')
  );
}

const formOf = ({ others }: SmtpdConf): string =>
  others
    .flatMap(one => /^queue (compression|encryption)/.exec(one)?.[1] ?? [])
    .toSorted()
    .join();

/** A stock file sends by MX records what mailtun's sends to a relay: from a line at home it may be refused permanently. */
const wayOf = ({ method, host }: Action): string => (method !== 'relay' ? 'here' : host === null ? 'MX' : 'host');

/**
 * smtpd(8) takes mail until it ends, under an action that the earlier file may not have. So it ends first, and only then is
 * the queue looked at for the last time, and the file put back.
 */
export const STOPPING = `${QUEUE_FITS}${UNREAD_IN_QUEUE}
stopped=
stop_for() {
  local conf=/etc/mail/smtpd.conf old=$1/files/etc/mail/smtpd.conf ended= differs=
  [ ! -s "$old" ] || cmp -s "$old" $conf || _is_left $conf || differs=yes
  [ -n "$differs" ] || grep -q '^service smtpd ' "$1/list" || return 0
  # With files that it refuses it would not start again if no host can be restored.
  [ -z "$2" ] || smtpd -n >/dev/null 2>&1 || return 0
  if _first >/dev/null; then
    stopped=yes
    \${2:-:} || return
    pause
    [ -n "$ended" ] || rcctl stop smtpd >/dev/null
  fi
  [ -n "$differs" ] || return 0
  [ "$(unread "$old")" = "$(unread $conf)" ] ||
    complain 'mail is queued in a form that smtpd would not read with the earlier smtpd.conf' || return
  queue_fits "$old"
}
# A run that died before the restart has not kept how smtpd ran.
_was_stopped() { [ -n "$restored" ] && grep -q '^service smtpd stopped' "$from/list"; }
# What runs for a filter has the name of smtpd and may outlast it: rcctl start would take it for smtpd.
start_again() { [ -z "$stopped" ] || _first >/dev/null || _was_stopped || _rcctl -f restart smtpd >/dev/null; }
`;

import { ACTIONS_IN } from '../facts/smtpd-included.ts';
import { SPOOL } from '../facts/smtpd-queue.ts';

/**
 * `queue_fits FILE`: exit status 1, with a complaint, if the queue has mail for an action that the smtpd.conf(5) FILE and the
 * files that it includes do not have; smtpd would not deliver it (envelope.c). Nothing is known of an action that is a macro.
 */
export const QUEUE_FITS = `${ACTIONS_IN}
queue_fits() {
  local first names line='
'
  for first in ${SPOOL}/*/*/????????????????; do break; done
  [ -e "$first" ] || return 0
  names=$line$(actions_in "$1")$line
  case $names in *"$line$"*) return 0;; esac
  find ${SPOOL} -type f -name '????????????????' -exec grep -hs '^dispatcher: ' {} + | sort -u |
    while read -r first name; do
      case $names in *"$line$name$line"*) ;;
      *) complain "mail is queued for the action $name; run the same command again" || exit;; esac
    done
}
`;

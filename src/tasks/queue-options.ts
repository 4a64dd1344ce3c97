/** Whether smtpd(8) can read what is queued with the options of own lines. */
import { SPOOL } from '../facts/smtpd-queue.ts';

// smtpd -n does not look at the queue: envelopes that are stored otherwise than the options say are passed over when it
// starts, and no command shows them (queue_envelope_load_buffer() of queue_backend.c, API_VERSION of crypto.c).
/** `sh -c READS_QUEUE smtpd FILE`: FILE is what smtpd.conf(5) includes. Exit status 1 where it would not, and says so. */
export const READS_QUEUE = `
smtpd -n || exit
form=plain gzip=$(print '\\0037\\0213')
while read -r word option rest; do
  case "$word $option" in
  'queue compression') [ $form = encrypted ] || form=compressed;;
  'queue encryption') form=encrypted;;
  esac
done <"$1"
for mail in ${SPOOL}/*/*/????????????????; do
  first=
  { read -r first <"$mail"; } 2>/dev/null
  case $first in '') continue;; version:*) stored=plain;; "$gzip"*) stored=compressed;; *) stored=encrypted;; esac
  [ $stored = $form ] || {
    print -u2 "mail is queued in $stored files, which smtpd would not read with the queue options of $1: undo their change, or deliver the mail first"
    exit 1
  }
done
`;

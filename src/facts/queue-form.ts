/** In which form smtpd's queue is stored, and in which its configuration says. */
import { builtins } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import { SPOOL } from './smtpd-queue.ts';

/** Queued mail that smtpd(8) passes over: smtpctl(8) shows nothing of it. */
interface UnreadMail {
  /** How its files are stored. */
  readonly form: string;
  /** Envelopes. */
  readonly count: number;
}

// Envelopes that are stored otherwise than the options say are skipped at the start (queue_envelope_load_buffer() of
// queue_backend.c). What is encrypted is compressed before (API_VERSION of crypto.c, compress_gzip.c). No program is started.
/** `unread [FILE]` prints a line `COUNT FORM` for each form that smtpd would not read with this smtpd.conf(5), or as it is now. */
export const UNREAD_IN_QUEUE = `
queue_form() {
  local word option rest
  while read -r word option rest || [ -n "$word" ]; do
    case "$word $option" in
    'queue compression') [ $form = encrypted ] || form=compressed;;
    'queue encryption') form=encrypted;;
    'include '*) option=\${option#\\"} option=\${option%\\"}; [ -z "$2" ] || [ ! -f "$option" ] || queue_form "$option" '';;
    esac
  done <"$1"
}
unread() {
  local conf=\${1:-/etc/mail/smtpd.conf} form=plain plain=0 compressed=0 encrypted=0 mail first gzip=
  [ -f "$conf" ] && queue_form "$conf" top
  for mail in ${SPOOL}/*/*/????????????????; do
    first=
    { read -r first <"$mail"; } 2>/dev/null
    [ -z "$first" ] || gzip=\${gzip:-$(print '\\0037\\0213')}
    case $first in
    '') ;;
    version:*) plain=$((plain + 1));;
    "$gzip"*) compressed=$((compressed + 1));;
    *) encrypted=$((encrypted + 1));;
    esac
  done
  [ $form = plain ] || [ $plain -eq 0 ] || print "$plain plain"
  [ $form = compressed ] || [ $compressed -eq 0 ] || print "$compressed compressed"
  [ $form = encrypted ] || [ $encrypted -eq 0 ] || print "$encrypted encrypted"
}
`;

/** What smtpd would not read of its queue. */
export const UNREAD_MAIL: Fact<readonly UnreadMail[]> = fact(
  'the form of queued mail',
  builtins(`${UNREAD_IN_QUEUE}unread\nreturn 0`),
  text => [...text.matchAll(/^(\d+) (\w+)$/gm)].map(([, count, form = '']) => ({ form, count: Number(count) })),
);

/** Losses in the mail log of the last days, and up to when they are acknowledged. */
import { command } from '../run/command.ts';
import { fact } from '../run/fact.ts';
import { STATE_DIRECTORY } from '../run/prelude.ts';
import { type MailEvent, parseMaillog } from './maillog.ts';

/** Failed deliveries in a host's mail log of the last days, and up to when they are acknowledged. */
export interface Losses {
  readonly events: readonly MailEvent[];
  /** Seconds since 1970 by the host's clock: earlier losses are acknowledged. Null where none are. */
  readonly acknowledged: number | null;
}

/** `acknowledged SECONDS`, then lines of the mail log. */
function parseLosses(text: string): Losses {
  const seconds = Number(/^acknowledged (\d{1,12})$/m.exec(text)?.[1]);
  return { events: parseMaillog(text), acknowledged: Number.isNaN(seconds) ? null : seconds };
}

// Of seven days, as newsyslog(8) keeps them, and of each file the last lines alone: failures, and reports that could not
// be sent. Files that have not been written since somebody acknowledged what was lost are left out.
/** Prints failed deliveries of the last week; "$1" is the folder that knows which are acknowledged. */
export const READ_LOSSES = `
known=$1/acknowledged
[ ! -s "$known" ] || print -r -- "acknowledged $(<"$known")"
lost() { grep -aE 'smtpd\\[[0-9]+\\]: ([0-9a-f]{16} (mta|mda) delivery .* result="?PermFail|[a-z]+: Expire for |warn: PermFail injecting)' | tail -n 500; }
for n in 6 5 4 3 2 1 0; do
  for log in /var/log/maillog.$n /var/log/maillog.$n.gz; do
    [ -f "$log" ] || continue
    [ -f "$known" ] && [ ! "$log" -nt "$known" ] && break
    case $log in *.gz) timeout 10 zcat "$log";; *) cat "$log";; esac | lost
    break
  done
done 2>/dev/null
[ ! -f /var/log/maillog ] || lost </var/log/maillog
exit 0
`;

/** Failed deliveries of the last week. */
export const LOSSES = fact('the lost mail', command(READ_LOSSES, STATE_DIRECTORY), parseLosses);

/** Records the time up to which losses are acknowledged, in seconds since 1970, by an atomic rename. */
export const ACKNOWLEDGE = `
umask 077
mkdir -p "$1" && rm -f "$1"/acknowledged.?????????? && new=$(mktemp "$1/acknowledged.XXXXXXXXXX") || exit 1
print -r -- "$2" >"$new" && [ "$(<"$new")" = "$2" ] && mv -f "$new" "$1/acknowledged" || { rm -f "$new"; exit 1; }
`;

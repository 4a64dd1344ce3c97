/** Logins that queued mail is to be delivered to and that the host does not have any more. */
import { command } from '../run/command.ts';
import { fact } from '../run/fact.ts';
import { SPOOL } from './smtpd-queue.ts';

/** Mail for a login that is not there. */
export interface MissingLogin {
  readonly login: string;
  /** Queued messages that are to be delivered to it. */
  readonly count: number;
}

// An empty queue costs no process. The login stands in the envelope of what is delivered here (envelope.c).
const READ = `
for first in ${SPOOL}/*/*/????????????????; do break; done
[ -e "$first" ] || exit 0
find ${SPOOL} -type f -name '????????????????' -exec grep -hs '^mda-user: ' {} + | sort | uniq -c |
  while read -r count field login; do
    id -u "$login" >/dev/null 2>&1 || print -r -- "$count $login"
  done
exit 0
`;

/** For smtpd(8) such a mail fails for good at the next attempt (mda.c). */
export const MISSING_LOGINS = fact('logins that mail waits for', command(READ), parseMissingLogins);

/** `text` has a line for each: the count, and the login. */
export function parseMissingLogins(text: string): readonly MissingLogin[] {
  return text.split('\n').flatMap(line => {
    const [, count, login] = /^(\d+) (\S.*)$/.exec(line) ?? [];
    return count === undefined || login === undefined ? [] : [{ login, count: Number(count) }];
  });
}

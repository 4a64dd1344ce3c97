/** Users that queued mail is for and that no longer exist on the host. */
import { builtins } from '../run/command.ts';
import { fact } from '../run/fact.ts';
import { SPOOL } from './smtpd-queue.ts';

/** Queued mail for a user who does not exist. */
export interface MissingLogin {
  readonly login: string;
  /** Queued messages for this user. */
  readonly count: number;
}

/**
 * Whether an action has a userbase, as only the admin's own have: its users are in a table, not in passwd(5) (lka_userinfo()
 * in lka.c).
 */
export const HAS_USERBASE = `grep -qsE '^[^#]*[[:blank:]]userbase[[:blank:]]' /etc/mail/*.conf`;

// With an empty queue no program is run. The envelope of locally delivered mail has the login (envelope.c).
const READ = `
for first in ${SPOOL}/*/*/????????????????; do break; done
[ -e "$first" ] || return 0
find ${SPOOL} -type f -name '????????????????' -exec grep -hs '^mda-user: ' {} + | sort | uniq -c |
  while read -r count field login; do
    ! id -u "$login" >/dev/null 2>&1 || continue
    ! ${HAS_USERBASE} || break
    print -r -- "$count $login"
  done
return 0
`;

/** In smtpd(8) such mail fails permanently at the next attempt (mda.c). */
export const MISSING_LOGINS = fact('logins that mail waits for', builtins(READ), parseMissingLogins);

/** `text` has a line for each: the count, and the login. */
function parseMissingLogins(text: string): readonly MissingLogin[] {
  return text.split('\n').flatMap(line => {
    const [, count, login] = /^(\d+) (\S.*)$/.exec(line) ?? [];
    return count === undefined || login === undefined ? [] : [{ login, count: Number(count) }];
  });
}

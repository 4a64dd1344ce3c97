import { type Maildir, type MaildirPart, maildirsOf } from '../facts/maildirs.ts';
import { Failure } from '../run/failure.ts';
import type { Resource } from '../run/resource.ts';

/**
 * A maildir that mail.maildir(8) can make and write to, as the user; else smtpd tries until the mail expires. A user without
 * an account is not its concern. @param logins all those whose maildirs are asked about together.
 */
export const maildir = (host: string, login: string, logins: readonly string[], below: string): Resource => ({
  id: `maildir of ${login}`,
  questions: [maildirsOf(logins, below)],
  judge(observed) {
    const own = observed.get(maildirsOf(logins, below)).find(one => one.login === login);
    const fault = own && own.uid !== '0' ? faultOf(own) : null;
    if (!fault) return null;
    const what = `mail for ${login} on ${host} cannot be delivered: ${fault.why}`;
    throw new Failure('maildir-unusable', what, host, `on ${host}: ${fault.remedy}`);
  },
});

function faultOf({ login, uid, home, ways }: Maildir): { readonly why: string; readonly remedy: string } | null {
  for (const way of ways) {
    const last = way.at(-1);
    if (!last) return { why: `${home} does not exist`, remedy: `install -d -o ${login} -m 700 ${home}` };
    const [other] = way.filter(({ mode }) => !mode.startsWith('d'));
    if (other) return { why: `${other.path} is not a directory`, remedy: `mv ${other.path} ${other.path}.old` };
    const closed = way.find(part => !may(uid, part, 'x')) ?? (may(uid, last, 'w') ? null : last);
    if (!closed) continue;
    const [, ...below] = way;
    const theirs = below.find(({ owner }) => owner !== uid);
    return {
      why: `${login} may not write to ${closed.path}`,
      remedy:
        closed.owner === uid
          ? `chmod u+wx ${closed.path}`
          : theirs
            ? `chown -R ${login} ${theirs.path}`
            : `chown ${login} ${closed.path}`,
    };
  }
  return null;
}

/** Of another owner's, the group's permission counts: the user may be in it. */
const may = (uid: string, { mode, owner }: MaildirPart, right: 'w' | 'x'): boolean => {
  const has = (from: number): boolean =>
    right === 'w' ? mode[from + 1] === 'w' : 'xst'.includes(mode[from + 2] ?? '-');
  return owner === uid ? has(1) : has(4) || has(7);
};

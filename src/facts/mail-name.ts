/** The name that smtpd(8) has for its host: in EHLO, in Received, and after the @ of local senders. */
import { builtins } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

/** In which its first line is the name, where there is one (smtpd.conf(5)). */
export const MAILNAME = '/etc/mail/mailname';

/** The name, and what has it; null where the host did not say. */
export type MailName = { readonly name: string; readonly from: typeof MAILNAME | 'hostname' } | null;

// As getmailname() in util.c: a file with nothing in it, or with a line that is longer than a host name can be, does not count.
const READ = `
local name=
if [ -f ${MAILNAME} ] && [ -s ${MAILNAME} ]; then
  IFS= read -r name <${MAILNAME} || :
  [ \${#name} -gt 255 ] || { print -r -- "mailname $name"; return 0; }
fi
print -n "hostname "
hostname
return 0
`;

/** A host name without a dot stays as it is if nothing resolves it. */
export const MAIL_NAME: Fact<MailName> = fact("smtpd's name", builtins(READ), text => {
  const [, from, name = ''] = /^(mailname|hostname) ([^\n]*)/.exec(text) ?? [];
  return from === undefined ? null : { name, from: from === 'mailname' ? MAILNAME : 'hostname' };
});

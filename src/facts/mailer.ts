import { builtins } from '../run/command.ts';
import { fact } from '../run/fact.ts';

const READ = `
[ ! -f /etc/mailer.conf ] || while read -r name program words || [ -n "$name" ]; do
  [ "$name" != sendmail ] || print -r -- "$program"
done </etc/mailer.conf`;

/** The program that mailwrapper(8) runs as sendmail; null where mailer.conf(5) names none. */
export const MAILER = fact('the mailer of programs', builtins(READ), text => text.trim().split('\n')[0] || null);

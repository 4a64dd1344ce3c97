import { command } from '../run/command.ts';
import { fact } from '../run/fact.ts';

const READ = `exec sed -nE 's/^[[:space:]]*sendmail[[:space:]]+([^[:space:]]+).*/\\1/p' /etc/mailer.conf 2>/dev/null`;

/** The program that mailwrapper(8) runs as sendmail; null where mailer.conf(5) names none. */
export const MAILER = fact('the mailer of programs', command(READ), text => text.trim().split('\n')[0] || null);

import { command } from '../run/command.ts';
import { Failure } from '../run/failure.ts';
import type { Resource } from '../run/resource.ts';

/** A user that has to be there already: mailtun makes no users. */
export function user(host: string, login: string): Resource {
  const question = `user ${login}`;
  return {
    id: question,
    questions: [{ kind: 'run', name: question, command: command('exec id -u -- "$1"', login) }],
    judge(observed) {
      const { exit, stdout } = observed.run(question);
      if (exit !== 0)
        throw new Failure(
          `recipient "${login}" has no user on ${host}`,
          host,
          `make the user (adduser(8) on ${host}) or name another login under mail.recipients`,
        );
      if (stdout.toString().trim() === '0')
        throw new Failure(`"${login}" is uid 0, and smtpd delivers no mail to root`, host, 'name another login');
      return null;
    },
  };
}

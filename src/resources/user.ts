import { userId } from '../facts/user-id.ts';
import { Failure } from '../run/failure.ts';
import type { Resource } from '../run/resource.ts';

/** A user that has to exist already: mailtun creates no users. */
export function user(host: string, login: string): Resource {
  return {
    id: `user ${login}`,
    questions: [userId(login)],
    judge(observed) {
      const id = observed.get(userId(login));
      if (id === null)
        throw new Failure(
          'user-missing',
          `recipient "${login}" has no user on ${host}`,
          host,
          `add the user (adduser(8) on ${host}) or use another login under mail.recipients`,
        );
      if (id === 0)
        throw new Failure(
          'user-missing',
          `"${login}" is uid 0, and smtpd does not deliver mail to root`,
          host,
          'use another login',
        );
      return null;
    },
  };
}

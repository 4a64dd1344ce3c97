/** What the mail logs of relays say about mail from a sender. */
import { keyOfFilter } from '../checks/filters.ts';
import type { SmtpSession } from '../facts/refusals.ts';
import type { Failure } from '../run/failure.ts';
import { REPLIES } from '../tasks/smtpd-filters.ts';
import { labelled } from './page.ts';

/** The answer of one relay. */
export interface Why {
  readonly host: string;
  readonly failure: Failure | null;
  /** Oldest first. */
  readonly sessions: readonly SmtpSession[];
}

/** The inventory key that causes a reply; null for a reply of smtpd itself or of a filter program. */
const keyOf = (reply: string): string | null => {
  const found = REPLIES.find(([, text]) => text === reply);
  return found ? `filters.${found[0]}` : null;
};

/** The document of --json. */
export const whyJson = (who: string, found: readonly Why[]): object => ({
  command: 'doctor',
  why: who,
  hosts: found.map(({ host, failure, sessions }) => ({
    name: host,
    reachable: failure === null,
    sessions: sessions.map(({ refused, logged, ...session }) => ({
      ...session,
      refused: refused.map(({ command, reply }) => ({ command, reply, by: keyOf(reply) })),
      logged: logged.map(({ filter, reply }) => ({ reply, by: `filters.${keyOfFilter(filter)}` })),
    })),
  })),
});

/** The sessions of each relay; ends with a newline. */
export function whyText(who: string, found: readonly Why[], columns: number): string {
  const lines = found.flatMap(({ host, failure, sessions }) => {
    if (failure) return labelled(`${host}: `, `cannot be reached: ${failure.what}`, columns);
    if (sessions.length === 0)
      return labelled(`${host}: `, `the mail log of the last 7 days has nothing about ${who}`, columns);
    return sessions.flatMap(session => sessionLines(host, session, columns));
  });
  return `${lines.join('\n')}\n`;
}

function sessionLines(host: string, session: SmtpSession, columns: number): readonly string[] {
  const { time, address, host: name, refused, logged, accepted } = session;
  const outcome = [
    ...refused.map(({ command, reply }) => {
      const key = keyOf(reply);
      return `  refused   ${command}: ${reply}${key === null ? '' : ` (${key})`}`;
    }),
    ...logged.map(({ filter, reply }) => `  logged    filters.${keyOfFilter(filter)}: ${reply}`),
    ...accepted.map(({ from, to }) => `  accepted  from <${from}> to <${to}>`),
  ];
  return [
    ...labelled('', `${time ?? ''} ${host}: ${address} (${name})`.trim(), columns),
    ...(outcome.length > 0 ? outcome : ['  ended without anything refused or accepted']),
  ];
}

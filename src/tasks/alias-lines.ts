/** A line of aliases(5) with which smtpd does not start; the running one goes on with the lines that it has loaded. */
import { unreadableAlias } from '../facts/alias-lines.ts';
import { Failure } from '../run/failure.ts';
import type { Resource } from '../run/resource.ts';
import { ALIASES } from './aliases.ts';

/** The admin's lines, which mailtun does not change. */
export const loadableAliases = (host: string): Resource => ({
  id: `lines of ${ALIASES}`,
  questions: [{ kind: 'file', path: ALIASES, want: 'content' }],
  judge(observed) {
    const found = unreadableAlias(observed.file(ALIASES).content?.toString('latin1') ?? '');
    if (found === null) return null;
    const { line, text, isContinued } = found;
    throw new Failure(
      'aliases-unreadable',
      `smtpd on ${host} does not start with line ${line} of ${ALIASES}: ${isContinued ? 'it continues the line above' : 'it has no value'}`,
      `${ALIASES}:${line}: ${text}`,
      isContinued
        ? `on ${host}: join it to the line above, and run again`
        : `on ${host}: write name: value in line ${line} of ${ALIASES}, or remove it, and run again`,
    );
  },
});

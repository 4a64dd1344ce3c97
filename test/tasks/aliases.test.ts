import { describe, expect, it } from 'vitest';
import { ALIASES, aliases } from '../../src/tasks/aliases.ts';
import { observing, plainFile, world } from '../answers.ts';
import { article, fleetOf, hostOf } from './fleets.ts';

/** /etc/mail/aliases of the gateway afterwards; null where it stays. */
function afterwards(text: string): string | null {
  const fleet = fleetOf(article);
  const resource = aliases.resources(hostOf(fleet, 'carinho'), fleet).find(({ id }) => id === ALIASES);
  return resource?.judge(observing([plainFile(ALIASES, text)]), world())?.diff?.after ?? null;
}

// parse_table_line() of smtpd's util.c passes over blanks, ends the key at a blank or a colon and reads it in lower case; of two
// lines the last one counts, and mailtun's comes last.
describe("root's alias", () => {
  it.each(['root: jay', 'root:\tjay', 'Root: jay', 'ROOT:jay', '  root: jay', 'root jay', 'root\tjay'])(
    'of the admin stays, in each form that smtpd reads: %j',
    line => {
      expect(afterwards(`postmaster: root\n${line}\n`)).toBeNull();
    },
  );
  it.each(['# root: jay', 'rootkit: jay', 'postmaster: root', '#root: jay'])('is added where none is: %j', line => {
    expect(afterwards(`${line}\n`)).toContain('\nroot: ');
  });
});

/** Lines of aliases(5) for which smtpd refuses mail. Pure. */
import type { AliasFault } from '../facts/alias-lines.ts';
import type { Fleet } from '../hosts/fleet.ts';
import { few } from '../run/few.ts';
import { ALIASES } from '../tasks/aliases.ts';
import { loginsAt } from '../tasks/neighbours.ts';
import type { HostFacts } from './host-facts.ts';
import { type Problem, problem } from './problem.ts';
import { on } from './remedies.ts';

/** How sed(1) corrects the line; null where a person has to put commas between the names. */
const EDITS: Readonly<Record<AliasFault['kind'], string | null>> = {
  comment: 's/[[:space:]]*#.*//',
  quotes: 's/"//g',
  'blank before the colon': 's/[[:space:]]*:/:/',
  'words without a comma': null,
};

/** The first line for which smtpd refuses mail. */
export const refusedAliases = ({ host, aliases }: HostFacts): readonly Problem[] => {
  const [first] = aliases.faults;
  if (!first) return [];
  const { line, text, name, kind } = first;
  const edit = EDITS[kind];
  return [
    problem(host, 'alias-refused', {
      what: `smtpd on ${host.name} refuses mail for ${name}: ${kind} in line ${line} of ${ALIASES}`,
      evidence: `${ALIASES}:${line}: ${text.trim()}`,
      remedy: on(
        host,
        edit === null
          ? `put commas between the names in line ${line} of ${ALIASES}, then rcctl restart smtpd`
          : `sed -i '${line}${edit}' ${ALIASES}; rcctl restart smtpd`,
      ),
    }),
  ];
};

/** Lines with members whose accounts are gone; a recipient of the inventory without one is what the run cannot provide. */
export function goneMembers({ host, aliases: { lines, gone } }: HostFacts, fleet: Fleet): readonly Problem[] {
  const recipients = loginsAt(host, fleet);
  const others = gone.filter(({ member }) => !recipients.includes(member));
  return [...new Set(others.map(({ line }) => line))].map(line => {
    const theirs = others.filter(one => one.line === line);
    const members = [...new Set(theirs.map(({ member }) => member))];
    const text = (lines[line - 1] ?? '').trim();
    const [, name = '', value = ''] = /^([^\s:]+[\s:]\s*)(.*)$/.exec(text) ?? [];
    const left = value.split(/[\s,]+/).filter(one => one !== '' && !members.includes(one));
    const edited = `${name}${left.join(', ')}`.replace(/[\\&]/g, '\\$&');
    return problem(host, 'alias-refused', {
      what: `smtpd on ${host.name} refuses mail for ${theirs[0]?.name}: ${few(members)} in line ${line} of ${ALIASES} ${members.length === 1 ? 'has' : 'have'} no account`,
      evidence: `${ALIASES}:${line}: ${text}; id ${members[0]}: no such user`,
      remedy: on(
        host,
        // smtpd does not start with a line without members. Such a line has no character that ends the words of sed(1).
        left.length > 0
          ? `sed -i '${line}s/.*/${edited}/' ${ALIASES}; rcctl restart smtpd`
          : `remove line ${line} of ${ALIASES} or name a user there, then rcctl restart smtpd`,
      ),
    });
  });
}

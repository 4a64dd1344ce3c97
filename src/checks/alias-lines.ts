/** Lines of aliases(5) for which smtpd refuses mail. Pure. */
import type { AliasFault } from '../facts/alias-lines.ts';
import { ALIASES } from '../tasks/aliases.ts';
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
export const refusedAliases = ({ host, aliasFaults: [first] }: HostFacts): readonly Problem[] => {
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

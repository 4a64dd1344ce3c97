/** Names of next hops that have another address in /etc/hosts as well. Pure. */
import type { Fleet } from '../hosts/fleet.ts';
import { elsewhereText } from '../tasks/names-elsewhere.ts';
import type { HostFacts } from './host-facts.ts';
import { type Problem, problem } from './problem.ts';

/** One for each name and line. */
export const elsewhereProblems = (
  { host, namesElsewhere }: Pick<HostFacts, 'host' | 'namesElsewhere'>,
  fleet: Fleet,
): readonly Problem[] =>
  namesElsewhere.map(one =>
    problem(host, 'hosts-name-elsewhere', {
      ...elsewhereText(one, host, fleet.mail.tls),
      evidence: `/etc/hosts:${one.line}: ${one.text}; in the inventory its address is ${one.address}`,
    }),
  );

import { command } from '../engine/command.ts';
import { Failure } from '../engine/failure.ts';
import type { Resource } from '../engine/resource.ts';

const QUESTION = 'ifconfig';

/** An address that has to be on the host already: smtpd dies of one that is missing (facts 3.2), and -n says nothing. */
export const address = (host: string, wanted: string, purpose: string): Resource => ({
  id: `address ${wanted}`,
  questions: [{ kind: 'run', name: QUESTION, command: command('exec ifconfig') }],
  judge(observed) {
    const lines = observed.run(QUESTION).stdout.toString('utf8').split('\n');
    const has = lines.map(line => /^\tinet6? ([0-9a-f.:]+)/.exec(line)?.[1]);
    if (has.includes(wanted)) return null;
    throw new Failure(
      `${wanted} (${purpose}) is on none of its interfaces`,
      host,
      `add it to the interface's hostname.if(5) on ${host}, or correct the inventory`,
    );
  },
});

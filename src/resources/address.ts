import { Failure } from '../run/failure.ts';
import type { Resource } from '../run/resource.ts';
import { interfacesQuestion } from './wg-interface.ts';

/**
 * An address that has to be on the host already: smtpd dies of one that is missing (facts 3.2), and -n says nothing.
 * @param remedy what to do about it, by the addresses that the host has.
 */
export const address = (
  host: string,
  wanted: string,
  purpose: string,
  remedy: (has: readonly string[]) => string,
): Resource => ({
  id: `address ${wanted}`,
  questions: [interfacesQuestion],
  judge(observed) {
    const lines = observed.run(interfacesQuestion.name).stdout.toString('utf8').split('\n');
    const has = lines.map(line => /^\tinet6? ([0-9a-f.:]+)/.exec(line)?.[1]);
    if (has.includes(wanted)) return null;
    throw new Failure(
      `${wanted} (${purpose}) is on none of its interfaces`,
      host,
      remedy(has.filter(one => one !== undefined)),
    );
  },
});

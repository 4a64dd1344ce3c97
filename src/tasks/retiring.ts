/**
 * A retiring host accepts no mail from the hop before it and sends what it has: clients get 421, so that senders use another MX
 * or keep the mail, and so does the hop before it. Pure.
 */
import type { Host } from '../hosts/fleet.ts';

/** The name of the filter that refuses. */
export const RETIRING = 'retiring';

/**
 * Above the listeners. A filter wants something to match (smtpd.conf(5)), and no connection comes from 0.0.0.0.
 * A refusal by a rule would be for good.
 */
export const retiringFilter = ({ retiring }: Host): readonly string[] =>
  retiring
    ? [
        `filter "${RETIRING}" phase connect match !src "0.0.0.0" disconnect "421 4.3.2 Retiring: use another host or try again later"`,
      ]
    : [];

/** The comment after a retired host's names in /etc/hosts of its neighbours: a record after it is removed from the inventory. */
export const EMPTIED = '\t# retired: has no mail left';

/** The option for a listener that the previous hop uses; on a relay it is among the filters for mail from the internet. */
export const refusing = ({ retiring }: Host): string => (retiring ? ` filter "${RETIRING}"` : '');

/** The hosts that are not retiring; all of them if every one is. */
export function staying<T extends Host>(hosts: readonly T[]): readonly T[] {
  const rest = hosts.filter(host => !host.retiring);
  return rest.length > 0 ? rest : hosts;
}

/** The hosts that mail is sent to: without recipients on a retiring host, queued mail for it goes to its successor. */
export const destinations = <T extends Host>(hosts: readonly T[], isNamed: (host: T) => boolean): readonly T[] =>
  hosts.filter(host => !host.retiring || isNamed(host));

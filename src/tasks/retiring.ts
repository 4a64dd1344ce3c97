/**
 * A host that is to go takes no more mail from before it and hands over what it has: whoever wants to give it some hears
 * 421, so that senders take another MX or keep it, and so does the hop before it. Pure.
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

/** Behind the names of a host in /etc/hosts of its neighbours, which remember it when the inventory does not any more. */
export const EMPTIED = '\t# retired: has no mail left';

/** Behind a listener that the hop before takes mail to; a relay has it among the filters of the internet's mail. */
export const refusing = ({ retiring }: Host): string => (retiring ? ` filter "${RETIRING}"` : '');

/** Those that stay; all of them where none does. */
export function staying<T extends Host>(hosts: readonly T[]): readonly T[] {
  const rest = hosts.filter(host => !host.retiring);
  return rest.length > 0 ? rest : hosts;
}

/** Those that mail is handed to: where no recipient names a host that is to go, what waits for it goes to its successor. */
export const destinations = <T extends Host>(hosts: readonly T[], isNamed: (host: T) => boolean): readonly T[] =>
  hosts.filter(host => !host.retiring || isNamed(host));

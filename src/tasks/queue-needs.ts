/** What queued mail needs of smtpd.conf(5): actions under the names that it was queued under. Pure. */
import { spoolOf } from '../facts/smtpd-queue.ts';
import { gatewaysOf, type Host } from '../hosts/fleet.ts';
import { type DesiredFile, MARK } from '../resources/file.ts';
import type { Resource } from '../run/resource.ts';
import { withCarried } from './carried-actions.ts';
import { WAITS_SECONDS } from './carried-destinations.ts';
import { isInwards } from './conf-parts.ts';
import { HOSTS, leadsFromTo } from './exchanged-names.ts';
import type { View } from './hops.ts';
import { CONF } from './in-force.ts';
import { addressesThrough } from './neighbours.ts';
import { includedActions, OWN_ACTIONS } from './own-lines.ts';
import { smtpdConf } from './smtpd-conf.ts';

/** The names of the actions in an smtpd.conf of ours, each at the beginning of a line. */
export const actionsIn = (text: string): readonly string[] =>
  [...text.matchAll(/^action "([^"]*)"/gm)].map(([, name = '']) => name);

/** A host may have had the name of another: who the mail under such names is for decides. */
const spoolFor = (host: Host, fleet: View) =>
  spoolOf(actionsIn(smtpdConf(host, fleet)).filter(name => !isInwards(name)));

/** How the file becomes one that has them. */
export function queueNeeds(host: Host, fleet: View): NonNullable<DesiredFile['adapts']> {
  const queue = spoolFor(host, fleet);
  return {
    questions: [queue, HOSTS, ...(host.ownLines ? [OWN_ACTIONS] : [])],
    content(wanted, existing, observed, { now }) {
      const spool = observed.get(queue);
      const included = includedActions(host, observed);
      const addresses = new Set(gatewaysOf(fleet).flatMap(gateway => addressesThrough(gateway, fleet)));
      const leads = (name: string) => leadsFromTo(name, fleet, observed);
      const isOurs = existing?.includes(MARK) ?? false;
      const queued = { host, spool, domains: fleet.domains, addresses, now, included, isOurs, leads };
      return withCarried(wanted, existing, queued);
    },
  };
}

/**
 * Of a host whose smtpd.conf waits for others: what mail that waits will not allow then is refused before they are changed,
 * such as removing a recipient whose host can no longer get it.
 */
export function fileToCome(host: Host, { agreed: _, ...fleet }: View): Resource {
  const { questions, content } = queueNeeds(host, fleet);
  return {
    id: `${CONF}, later`,
    questions: [...questions, { kind: 'file', path: CONF, want: 'content' }],
    judge(observed, world) {
      const { unknown } = observed.get(spoolFor(host, fleet));
      const existing = observed.file(CONF).content?.toString('utf8') ?? null;
      if (unknown.some(({ created }) => world.now / 1000 - created > WAITS_SECONDS))
        content(smtpdConf(host, fleet), existing, observed, world);
      return null;
    },
  };
}

/** The configuration that a host uses now, from its answers: smtpd.conf(5), its tables, and what smtpd was started with. */

import { parseHostsFile } from '../facts/hosts-file.ts';
import { ADDRESSES } from '../facts/interfaces.ts';
import { serviceState } from '../facts/service-state.ts';
import { WAITING_MAIL } from '../facts/waiting-mail.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { PRESHARED_KEYS } from '../resources/wg-preshared.ts';
import { hostnameIfOf } from '../resources/wg-routes.ts';
import { type Observed, type Question, textOf } from '../run/resource.ts';
import { ALIASES, RECIPIENTS } from './aliases.ts';
import { SECRETS } from './credentials.ts';
import type { Holders } from './former-names.ts';
import type { Hops } from './hops.ts';
import { hopsIn } from './hops-in.ts';
import { isTunnelHost, peersOf } from './neighbours.ts';
import { presharedKeyFile } from './preshared-key.ts';
import { rootTargetIn } from './root-alias.ts';
import type { Standing } from './standing.ts';
import { waitingFor } from './waiting-for.ts';

/** The configuration of smtpd(8). */
export const CONF = '/etc/mail/smtpd.conf';

/** Asked on every host, chosen or not; the resources of a host that is changed ask the same. */
export const standingQuestions = (host: Host, fleet: Fleet): readonly Question[] => [
  WAITING_MAIL,
  ADDRESSES,
  ...(isTunnelHost(host) ? [PRESHARED_KEYS] : []),
  ...[
    CONF,
    RECIPIENTS,
    ALIASES,
    '/etc/hosts',
    ...(host.role === 'relay' ? [SECRETS] : []),
    ...(isTunnelHost(host)
      ? [hostnameIfOf(fleet.tunnel.interface), ...peersOf(host, fleet).map(peer => presharedKeyFile(peer.name))]
      : []),
  ].map(path => ({ kind: 'file', path, want: 'content' }) as const),
];

/** @param observed with answers to `standingQuestions` and to what `service smtpd` asks. */
export function standingOf(host: Host, fleet: Fleet, observed: Observed, holders?: Holders): Standing {
  const { isRunning, isUnstamped, stale } = observed.get(serviceState('smtpd'));
  const { recipients, actions, senderDomains } = observed.get(WAITING_MAIL);
  const isSure = !isRunning || (stale.length === 0 && !isUnstamped);
  return {
    hops: hopsBy(host, fleet, path => textOf(observed, path), holders),
    isSure,
    queued: recipients,
    queuedTo: isSure ? waitingFor(actions, fleet, path => textOf(observed, path), holders) : new Map(),
    queuedFrom: senderDomains,
    rootTo: rootTargetIn(textOf(observed, ALIASES)),
  };
}

/** What a host does by the files with these texts. */
export const hopsBy = (host: Host, fleet: Fleet, text: (path: string) => string, holders?: Holders): Hops =>
  hopsIn(text(CONF), {
    host,
    fleet,
    recipients: pairsIn(text(RECIPIENTS)),
    hostsFile: parseHostsFile(text('/etc/hosts')),
    holders,
    secrets: host.role === 'relay' ? pairsIn(text(SECRETS)).map(([user]) => user) : [],
  });

/** A mapping's lines: the key ends at a blank or a colon (table(5), table_static.c). */
const pairsIn = (text: string): readonly (readonly [string, string])[] =>
  text
    .split('\n')
    .filter(line => line.trim() !== '' && !line.startsWith('#'))
    .map(line => {
      const [, key = '', value = ''] = /^\s*([^\s:]+)[\s:]*(.*?)\s*$/.exec(line) ?? [];
      return [key, value] as const;
    });

/** What a host has in force, read from its answers: its smtpd.conf(5), the tables of it, and what smtpd was started with. */

import { parseHostsFile } from '../facts/hosts-file.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { command } from '../run/command.ts';
import type { Observed, Question } from '../run/resource.ts';
import { RECIPIENTS } from './aliases.ts';
import { SECRETS } from './credentials.ts';
import { hopsIn } from './hops-in.ts';
import { isTunnelHost, peersOf } from './neighbours.ts';
import { presharedKeyFile } from './preshared-key.ts';
import type { Standing } from './standing.ts';

/** The configuration of smtpd(8). */
export const CONF = '/etc/mail/smtpd.conf';

// Nothing is started where nothing waits. From the end, for a bar may stand in a local part (facts 4.10).
const QUEUED = {
  kind: 'run',
  name: 'to whom and from where mail waits',
  command: command(`
set -- /var/spool/smtpd/queue/*/*
[ -e "$1" ] || exit 0
smtpctl show queue | awk -F'|' 'NF > 8 && !seen[$(NF-7)]++ { print $(NF-7) }
  NF > 8 { sub(/.*@/, "", $(NF-9)); if (!seen["@" $(NF-9)]++) print "@" $(NF-9) }'
`),
} as const satisfies Question;

/** Asked of every host, chosen or not; on a host that is to be changed its resources ask the same. */
export const standingQuestions = (host: Host, fleet: Fleet): readonly Question[] => [
  QUEUED,
  ...[
    CONF,
    RECIPIENTS,
    '/etc/hosts',
    ...(host.role === 'relay' ? [SECRETS] : []),
    ...(isTunnelHost(host) ? peersOf(host, fleet).map(peer => presharedKeyFile(peer.name)) : []),
  ].map(path => ({ kind: 'file', path, want: 'content' }) as const),
];

/** @param observed with answers to `standingQuestions` and to what `service smtpd` asks. */
export function standingOf(host: Host, fleet: Fleet, observed: Observed): Standing {
  const said = observed.run('service smtpd').stdout.toString('utf8').split('\n');
  const waiting = observed.run(QUEUED.name).stdout.toString('utf8').toLowerCase().split('\n').filter(Boolean);
  const text = (path: string): string => observed.file(path).content?.toString('utf8') ?? '';
  const isStale = said.includes('running') && said.some(line => line.startsWith('/') || line === 'unstamped');
  return {
    hops: hopsIn(text(CONF), {
      host,
      fleet,
      recipients: pairsIn(text(RECIPIENTS)),
      hostsFile: parseHostsFile(text('/etc/hosts')),
      secrets: host.role === 'relay' ? pairsIn(text(SECRETS)).map(([user]) => user) : [],
    }),
    isSure: !isStale,
    queued: new Set(waiting.filter(line => !line.startsWith('@'))),
    queuedFrom: new Set(waiting.filter(line => /^@./.test(line)).map(line => line.slice(1))),
  };
}

/** A mapping's lines: the key ends at a blank or a colon (facts 4.5). */
const pairsIn = (text: string): readonly (readonly [string, string])[] =>
  text
    .split('\n')
    .filter(line => line.trim() !== '' && !line.startsWith('#'))
    .map(line => {
      const [, key = '', value = ''] = /^\s*([^\s:]+)[\s:]*(.*?)\s*$/.exec(line) ?? [];
      return [key, value] as const;
    });

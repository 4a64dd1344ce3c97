/** What a host has in force, read from its answers: its smtpd.conf(5), the tables of it, and what smtpd was started with. */

import type { Fleet, Host } from '../hosts/fleet.ts';
import { command } from '../run/command.ts';
import type { Observed, Question } from '../run/resource.ts';
import { RECIPIENTS } from './aliases.ts';
import { SECRETS } from './credentials.ts';
import { delivery, type Hops, type Sends, type Side, type Takes } from './hops.ts';
import { isTunnelHost, peersOf } from './neighbours.ts';
import { presharedKeyFile } from './preshared-key.ts';
import type { Standing } from './standing.ts';

export const CONF = '/etc/mail/smtpd.conf';

// Nothing is started where nothing waits. From the end, for a bar may stand in a local part (facts 4.10).
const QUEUED = {
  kind: 'run',
  name: 'to whom mail waits',
  command: command(`
set -- /var/spool/smtpd/queue/*/*
[ -e "$1" ] || exit 0
smtpctl show queue | awk -F'|' 'NF > 8 && !seen[$(NF-7)]++ { print $(NF-7) }'
`),
} as const satisfies Question;

/** Asked of every host, chosen or not; on a host that is to be changed its resources ask the same. */
export const standingQuestions = (host: Host, fleet: Fleet): readonly Question[] => [
  QUEUED,
  ...(isTunnelHost(host) ? ['/etc/hosts', ...peersOf(host, fleet).map(peer => presharedKeyFile(peer.name))] : []).map(
    path => ({ kind: 'file', path, want: 'content' }) as const,
  ),
  ...[CONF, RECIPIENTS, ...(host.role === 'relay' ? [SECRETS] : [])].map(
    path => ({ kind: 'file', path, want: 'content' }) as const,
  ),
];

/** @param observed with answers to `standingQuestions` and to what `service smtpd` asks. */
export function standingOf(host: Host, fleet: Fleet, observed: Observed): Standing {
  const said = observed.run('service smtpd').stdout.toString('utf8').split('\n');
  const text = (path: string): string => observed.file(path).content?.toString('utf8') ?? '';
  const isStale = said.includes('running') && said.some(line => line.startsWith('/') || line === 'unstamped');
  return {
    hops: hopsIn(text(CONF), {
      host,
      fleet,
      recipients: pairsIn(text(RECIPIENTS)),
      secrets: host.role === 'relay' ? pairsIn(text(SECRETS)).map(([user]) => user) : [],
    }),
    isSure: !isStale,
    queued: new Set(observed.run(QUEUED.name).stdout.toString('utf8').toLowerCase().split('\n').filter(Boolean)),
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

interface Beside {
  readonly host: Host;
  readonly fleet: Fleet;
  readonly recipients: readonly (readonly [string, string])[];
  readonly secrets: readonly string[];
}

/** What an smtpd.conf does with mail from and to the neighbours; what it says beside that is passed over. */
export function hopsIn(text: string, beside: Beside): Hops {
  const lines = text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map(line => wordsOf(line))
    .filter(words => words.length > 0);
  const tables = tablesIn(lines);
  const actions = new Map(
    lines.flatMap(words => (words[0] === 'action' ? [[words[1] ?? '', actionIn(words, tables, beside)] as const] : [])),
  );
  const routes = new Map<string, string>();
  for (const words of lines.filter(one => one[0] === 'match')) {
    const action = actions.get(after(words, 'action') ?? '');
    const domain = after(words, 'domain');
    if (!action || domain === undefined) continue;
    const table = after(words, 'rcpt-to');
    if ((after(words, 'from') ?? 'local') === 'local') continue;
    const listed = table === undefined ? null : itemsOf(table, tables).map(item => addressIn(item, domain));
    for (const address of listed ?? (action.isVirtual ? beside.recipients.map(([key]) => key) : [`@${domain}`])) {
      if (!address.endsWith(`@${domain}`)) continue;
      const to = routes.has(address) ? null : routeOf(address, action, beside);
      if (to !== null) routes.set(address, to);
    }
  }
  const relaying = [...actions.values()];
  return {
    routes,
    takes: takesIn(lines, beside),
    sends: new Map(relaying.flatMap(({ to, mode }) => to.map(name => [name, mode] as const))),
    users: new Set(beside.host.role === 'relay' ? beside.secrets : relaying.flatMap(action => action.users)),
  };
}

/** Names, quotes gone; a table's braces and commas are apart. */
const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"((?:[^"\\]|\\.)*)"|#.*|[{}=]|([^\s{}=,"#]+)/g)].flatMap(([all, quoted, plain]) =>
    all.startsWith('#') ? [] : [quoted ?? plain ?? all],
  );

const after = (words: readonly string[], word: string): string | undefined => {
  const index = words.indexOf(word);
  return index < 0 ? undefined : words[index + 1];
};

const tablesIn = (lines: readonly (readonly string[])[]): ReadonlyMap<string, readonly string[]> =>
  new Map(
    lines.flatMap(words =>
      words[0] === 'table' && words[2] === '{' ? [[words[1] ?? '', words.slice(3, words.indexOf('}'))] as const] : [],
    ),
  );

const itemsOf = (table: string, tables: ReadonlyMap<string, readonly string[]>): readonly string[] =>
  tables.get(table.replace(/^<(.*)>$/, '$1')) ?? (table.startsWith('<') ? [] : [table]);

const addressIn = (item: string, domain: string): string =>
  (item.includes('@') ? item : `${item}@${domain}`).toLowerCase();

interface Action {
  /** Inventory names of the hosts it relays to. */
  readonly to: readonly string[];
  readonly mode: Sends;
  readonly users: readonly string[];
  readonly isVirtual: boolean;
}

function actionIn(words: readonly string[], tables: ReadonlyMap<string, readonly string[]>, { fleet }: Beside): Action {
  const host = after(words, 'host');
  const urls = (host === undefined ? [] : itemsOf(host, tables)).map(
    url => /^(?:([a-z+]+):\/\/)?(?:([^@]*)@)?(.*?)(?::\d+)?$/.exec(url) ?? [],
  );
  const isTls = words.includes('tls') || urls.some(([, scheme]) => scheme === 'smtp+tls' || scheme === 'smtps');
  return {
    to: urls.flatMap(([, , , name]) => hostNamed(name ?? '', fleet) ?? []),
    mode: isTls ? 'tls' : 'plain',
    users: [...new Set(urls.flatMap(([, , user]) => user ?? []))],
    isVirtual: words.includes('virtual'),
  };
}

/** Whom a name of the tunnel or the LAN means. */
const hostNamed = (name: string, fleet: Fleet): string | null =>
  fleet.hosts.find(host =>
    [
      host.role === 'workstation' ? [] : [host.tunnel.name],
      host.role === 'relay' ? [host.outbound.name] : [host.lan?.name ?? []].flat(),
    ]
      .flat()
      .includes(name),
  )?.name ?? null;

function routeOf(address: string, { to, isVirtual }: Action, { host, recipients }: Beside): string | null {
  if (!isVirtual) return to[0] ?? null;
  const login = recipients.find(([key]) => key === address)?.[1];
  return login === undefined ? null : delivery(host.name, login);
}

/** Listeners for the neighbours; those for the internet and for the host itself are others' business. */
function takesIn(lines: readonly (readonly string[])[], { host }: Beside): Hops['takes'] {
  const takes: Partial<Record<Side, Takes>> = {};
  const public_ = host.role === 'relay' ? host.mx.map(mx => mx.address) : [];
  for (const words of lines) {
    const [first, on, where = ''] = words;
    if (first !== 'listen' || on !== 'on' || /^(socket|lo\d*|127\..*|::1|localhost)$/.test(where)) continue;
    if (public_.includes(where)) continue;
    const side = sideOf(host, where, words);
    takes[side] ??= words.includes('tls-require') ? 'tls' : words.includes('tls') ? 'either' : 'plain';
  }
  return takes;
}

function sideOf(host: Host, where: string, words: readonly string[]): Side {
  if (host.role === 'workstation') return 'lan';
  if (host.role === 'relay') return 'tunnel';
  return where === host.lan?.address || words.includes('mask-src') ? 'lan' : 'tunnel';
}

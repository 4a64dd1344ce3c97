/**
 * Filters of smtpd.conf(5) on a relay. They decide after MAIL FROM: by then the sender is known and logged, and HELO and
 * EHLO are one condition, where the phase `helo` never sees the EHLO that all servers send (smtp_session.c).
 */

import { LOG_FILTER } from '../facts/refusals.ts';
import { bracketed } from '../hosts/addresses.ts';
import type { Host, Relay } from '../hosts/fleet.ts';
import type { FilterAction, FilterProgram, Filters } from '../hosts/inventory/filters-schema.ts';
import { type Blocklist, LISTS } from './blocklists.ts';
import { PENDING } from './pending-recipients.ts';
import { RETIRING, retiringFilter } from './retiring.ts';
import { quoted } from './smtpd-text.ts';

/** Where a list is on a relay. */
export const pathOf = (kind: Blocklist): string => `/etc/mail/${LISTS[kind].table}`;

interface Check {
  readonly condition: string;
  readonly reply: string;
}

/** Where DNS has a part in it, and may fail, the client is asked to come back. */
const DNS_CHECKS = {
  rdns: { condition: '!rdns', reply: '450 4.7.25 No PTR record for your address' },
  fcrdns: { condition: '!fcrdns', reply: '450 4.7.25 The PTR record of your address does not lead back to it' },
} as const satisfies Record<string, Check>;

/**
 * The reply to a refused client, by the key of the inventory that refuses it. Without a valid code smtpd would say
 * `421 Internal server error`.
 */
export const REPLIES: readonly (readonly [key: string, reply: string])[] = Object.entries({
  ...DNS_CHECKS,
  ...LISTS,
}).map(([key, { reply }]) => [key, reply]);

/** The filter that writes to the mail log what others report. */
export const LOG_PROGRAM = '/etc/mail/mailtun-filter-log';
const OWN = 'mailtun_own';

interface Builtin {
  readonly name: string;
  readonly action: FilterAction;
  readonly statement: string;
}

/** smtpd ends a phase at the first filter that marks a message as junk: these come last, so that all others are evaluated. */
const ORDER: readonly FilterAction[] = ['log', 'reject', 'junk'];

const builtins = ({ rdns, fcrdns, lists }: Filters): readonly Builtin[] => {
  const builtin = (check: string, action: FilterAction | null, { condition, reply }: Check): readonly Builtin[] => {
    if (action === null) return [];
    const name = `mailtun_${check}`;
    const decision = { reject: `reject "${reply}"`, junk: 'junk', log: `report "${reply}"` }[action];
    return [{ name, action, statement: `filter "${name}" phase mail-from match ${condition} ${decision}` }];
  };
  return [
    ...builtin('rdns', rdns, DNS_CHECKS.rdns),
    ...builtin('fcrdns', fcrdns, DNS_CHECKS.fcrdns),
    ...lists.flatMap(({ kind, action }) => {
      const { table, condition, reply } = LISTS[kind];
      return builtin(kind, action, { condition: `${condition} <${table}>`, reply });
    }),
  ];
};

const named = (all: readonly Builtin[], action: FilterAction): readonly string[] =>
  all.filter(one => one.action === action).map(one => one.name);

/** A filter for a listener: the one, or a chain of several; statements and the option of `listen`. */
interface ListenerFilter {
  readonly statements: readonly string[];
  /** Begins with a blank; empty where there is none. */
  readonly option: string;
}

/**
 * The statements and the option with which a listener uses these filters, in this order.
 * @param chain the name of the chain; `names` of filters that are declared before it.
 */
export function filterChain(chain: string, names: readonly string[]): ListenerFilter {
  const [only] = names;
  if (only === undefined) return { statements: [], option: '' };
  if (names.length === 1) return { statements: [], option: ` filter "${only}"` };
  return {
    statements: [`filter "${chain}" chain { ${names.map(name => `"${name}"`).join(', ')} }`],
    option: ` filter "${chain}"`,
  };
}

const programStatement = ({ name, command, user, group }: FilterProgram): string =>
  `filter "${name}" proc-exec "${command}"${user ? ` user ${user}` : ''}${group ? ` group ${group}` : ''}`;

/** The names of the filters for mail from the internet, in order. The relay's own probes are exempt. */
function inboundNames({ filters, retiring }: Relay, isPending: boolean): readonly string[] {
  const all = builtins(filters);
  const [logs, ...later] = ORDER.map(action => named(all, action));
  const [rejects = [], junks = []] = later;
  return [
    ...(retiring ? [RETIRING] : []),
    ...(isPending ? [PENDING] : []),
    ...(all.length > 0 ? [OWN] : []),
    ...(logs && logs.length > 0 ? [LOG_FILTER, ...logs] : []),
    ...rejects,
    ...filters.programs.map(({ name }) => name),
    ...junks,
  ];
}

/** Tables, filters and chains for smtpd.conf(5), and the options of the relay's listeners. Empty without filters. */
interface RelayFilters {
  readonly statements: readonly string[];
  readonly inbound: string;
  readonly outbound: string;
}

/**
 * @param pending what `pendingFilter` declares.
 * @param signing the filter that comes last for outbound mail, since the others may change it; null: there is none.
 */
export function relayFilters(
  relay: Relay,
  pending: readonly string[],
  signing: { readonly name: string; readonly statement: string } | null = null,
): RelayFilters {
  const { filters } = relay;
  const all = builtins(filters);
  const inbound = filterChain('mailtun_inbound', inboundNames(relay, pending.length > 0));
  const outbound = filterChain('mailtun_outbound', [
    ...filters.outbound.map(({ name }) => name),
    ...(signing ? [signing.name] : []),
  ]);
  return {
    statements: [
      // A chain comes after what it names.
      ...(inbound.statements.length > 0 ? retiringFilter(relay) : []),
      ...pending,
      ...filters.lists.map(({ kind }) => `table ${LISTS[kind].table} file:${pathOf(kind)}`),
      ...(all.length > 0 ? [`filter "${OWN}" phase mail-from match src { ${ownAddresses(relay)} } bypass`] : []),
      ...(logs(filters) ? [`filter "${LOG_FILTER}" proc-exec "${LOG_PROGRAM}"`] : []),
      ...all.map(one => one.statement),
      ...programsOf(relay).map(programStatement),
      ...(signing ? [signing.statement] : []),
      ...inbound.statements,
      ...outbound.statements,
      // The relay's own mail, bounces included, is handed in here.
      ...(signing ? [`listen on socket filter "${signing.name}"`] : []),
    ],
    inbound: inbound.option,
    outbound: outbound.option,
  };
}

const ownAddresses = (relay: Relay): string =>
  quoted([...new Set([...relay.mx.map(mx => mx.address), ...relay.outbound.addresses])].map(bracketed));

/** Whether some filter only logs. */
export const logs = (filters: Filters): boolean => builtins(filters).some(one => one.action === 'log');

/** Filter programs, each once. */
export const programsOf = (host: Host): readonly FilterProgram[] =>
  host.role === 'relay'
    ? [...new Map([...host.filters.programs, ...host.filters.outbound].map(one => [one.name, one])).values()]
    : [];

/** Whether a relay filters anything. */
export const isFiltering = (host: Host): host is Relay =>
  host.role === 'relay' &&
  (builtins(host.filters).length > 0 || host.filters.programs.length > 0 || host.filters.outbound.length > 0);

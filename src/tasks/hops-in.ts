/** What an smtpd.conf(5), written by mailtun or not, does with mail from and to the neighbours. Pure. */

import type { HostsLine } from '../facts/hosts-file.ts';
import { type Action as ConfAction, entriesOf, parseSmtpdConf, relayUrl, type SmtpdConf } from '../facts/smtpd-conf.ts';
import type { TableUse } from '../facts/smtpd-conf-clauses.ts';
import { isRefusalOfRest, type Match } from '../facts/smtpd-conf-match.ts';
import { shortAddress } from '../hosts/addresses.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { MARK } from '../resources/file.ts';
import { isInwards } from './conf-parts.ts';
import { type Holders, hostNamed } from './former-names.ts';
import { roleIn } from './former-roles.ts';
import { delivery, type From, type Hops, receiversOf, type Sends } from './hops.ts';
import { takesIn } from './takes-in.ts';

/** What is known of a host in addition to its smtpd.conf(5). */
interface Beside {
  readonly host: Host;
  readonly fleet: Fleet;
  /** Address and login, as the table has them. */
  readonly recipients: readonly (readonly [string, string])[];
  readonly secrets: readonly string[];
  /** By hosts(5) of the host, which still has names that the inventory has changed. */
  readonly hostsFile?: readonly HostsLine[];
  readonly holders?: Holders | undefined;
}

/** Everything else in the file is ignored. */
export function hopsIn(text: string, beside: Beside): Hops {
  const conf = parseSmtpdConf(text);
  const role = text.includes(MARK) ? roleIn(conf) : null;
  const as = role ?? beside.host.role;
  const read = conf.actions.map(action => actionIn(action, conf, beside, role !== null));
  const actions = new Map(withGuess(read, conf, beside).map(action => [action.name, action]));
  const rules = conf.matches.flatMap(rule => {
    const action = actions.get(rule.action ?? '');
    return action && isFromElsewhere(rule) ? [{ rule, action }] : [];
  });
  const relaying = [...actions.values()].map(action => (role === 'gateway' ? toNeighbours(action, beside) : action));
  // An action without a rule is only for queued mail.
  const used = relaying.filter(({ name }) => conf.matches.some(({ action }) => action === name));
  return {
    role,
    routes: routesIn(rules, conf, beside),
    takes: takesIn(conf, beside.host, as),
    sends: new Map(
      relaying.flatMap(({ to, mayBe, unknown, mode }) =>
        [...to, ...(mayBe.length > 0 ? mayBe : unknown)].map(name => [name, mode] as const),
      ),
    ),
    users: new Set(beside.host.role === 'relay' ? beside.secrets : relaying.flatMap(action => action.users)),
    from: fromIn(rules, conf, beside, as),
    senders: new Set(as === 'gateway' ? rules.flatMap(({ rule }) => sendersIn(rule, conf)) : []),
    refuses: new Set(conf.matches.flatMap(rule => (isRefusalOfRest(rule) ? valuesOf(rule.for.of, conf) : []))),
    binds: bindsIn(used, beside),
  };
}

/** A host that was a relay or a workstation gets something else from a gateway in its new role. */
function toNeighbours(action: Action, { fleet }: Beside): Action {
  const isRelay = (name: string): boolean => fleet.hosts.some(one => one.role === 'relay' && one.name === name);
  return { ...action, to: action.to.filter(name => isRelay(name) !== isInwards(action.name)) };
}

interface Action {
  readonly name: string;
  /** Inventory names of the hosts it relays to. */
  readonly to: readonly string[];
  /** Names in a file of mailtun's that are of no host of the inventory. */
  readonly unknown: readonly string[];
  /** The hosts that such a name may stand for. */
  readonly mayBe: readonly string[];
  readonly mode: Sends;
  readonly users: readonly string[];
  readonly isVirtual: boolean;
  readonly src: string | null;
}

interface Rule {
  readonly rule: Match;
  readonly action: Action;
}

/** The domain of a rule for mail of its users, as mailtun writes it. */
const sendersIn = ({ mailFrom, for: to }: Match, conf: SmtpdConf): readonly string[] =>
  mailFrom === null || mailFrom.not || to.kind !== 'any'
    ? []
    : valuesOf(mailFrom.of, conf).flatMap(value => {
        const [, domain] = /^@([\w.[\]-]+)\$$/.exec(value) ?? [];
        return domain === undefined ? [] : domain.replaceAll('[.]', '.');
      });

const isFromElsewhere = ({ from }: Match): boolean =>
  from.kind === 'local' || from.kind === 'socket' ? from.not : true;

const valuesOf = (use: TableUse | null, conf: SmtpdConf): readonly string[] => entriesOf(use, conf).map(([key]) => key);

/**
 * A name that no host has any more may stand for any neighbour that no other name stands for. A gateway sends mail for some
 * domains to its workstations, and all other mail to relays.
 */
function withGuess(actions: readonly Action[], { matches }: SmtpdConf, { host, fleet }: Beside): readonly Action[] {
  const known = new Set(actions.flatMap(action => action.to));
  const left = receiversOf(host, fleet).filter(to => !known.has(to.host.name));
  return actions.map(one => {
    if (one.unknown.length === 0) return one;
    const uses = matches.filter(rule => rule.action === one.name);
    const isInward = uses.some(rule => rule.for.kind === 'domain');
    const fits = left.filter(to => host.role !== 'gateway' || (to.side === 'lan') === isInward);
    return { ...one, mayBe: uses.length > 0 ? fits.map(to => to.host.name) : [] };
  });
}

function actionIn(
  action: ConfAction,
  conf: SmtpdConf,
  { fleet, hostsFile = [], holders }: Beside,
  isOurs: boolean,
): Action {
  const urls = valuesOf(action.host, conf).map(relayUrl);
  const isTls = action.tls !== 'by url' || urls.some(({ scheme }) => scheme === 'smtp+tls' || scheme === 'smtps');
  const known = urls.map(({ host }) => ({ host, to: hostNamed(host, fleet, hostsFile, holders) }));
  return {
    name: action.name,
    mayBe: [],
    to: known.flatMap(({ to }) => to ?? []),
    unknown: isOurs ? known.filter(({ to }) => to === null).map(({ host }) => host) : [],
    mode: isTls ? 'tls' : 'plain',
    users: [...new Set(urls.flatMap(({ label }) => label ?? []))],
    isVirtual: action.virtual !== null,
    src: valuesOf(action.src, conf)[0] ?? null,
  };
}

function routesIn(rules: readonly Rule[], conf: SmtpdConf, beside: Beside): Hops['routes'] {
  const routes = new Map<string, string>();
  for (const { rule, action } of rules) {
    if (rule.for.kind !== 'domain' || rule.for.not || rule.for.regex || rule.rcptTo?.not || rule.rcptTo?.regex)
      continue;
    for (const domain of valuesOf(rule.for.of, conf)) {
      const listed = rule.rcptTo && valuesOf(rule.rcptTo.of, conf).map(item => addressIn(item, domain));
      for (const address of listed ?? (action.isVirtual ? beside.recipients.map(([key]) => key) : [`@${domain}`])) {
        if (!address.endsWith(`@${domain}`)) continue;
        const to = routes.has(address) ? null : routeOf(address, action, beside);
        if (to !== null) routes.set(address, to);
      }
    }
  }
  return routes;
}

const addressIn = (item: string, domain: string): string =>
  (item.includes('@') ? item : `${item}@${domain}`).toLowerCase();

function routeOf(address: string, { to, unknown, isVirtual }: Action, { host, recipients }: Beside): string | null {
  if (!isVirtual) return to[0] ?? unknown[0] ?? null;
  const login = recipients.find(([key]) => key === address)?.[1];
  return login === undefined ? null : delivery(host.name, login);
}

/** By the rules for what a workstation delivers, and for what a gateway hands out for it. */
function fromIn(rules: readonly Rule[], conf: SmtpdConf, { fleet }: Beside, as: Host['role']): From {
  const isRelay = (name: string): boolean => fleet.hosts.some(one => one.role === 'relay' && one.name === name);
  const ours = rules.filter(({ rule, action }) =>
    as === 'gateway'
      ? !isInwards(action.name) && action.to.some(isRelay)
      : as === 'workstation' && rule.for.kind === 'domain',
  );
  if (ours.some(({ rule }) => rule.from.kind !== 'src')) return 'anywhere';
  return new Set(ours.flatMap(({ rule }) => valuesOf(rule.from.of, conf).map(unbracketed)));
}

const unbracketed = (address: string): string => address.replace(/^\[(.*)\]$/, '$1');

function bindsIn(relaying: readonly Action[], { host, fleet }: Beside): Hops['binds'] {
  const isNear = (name: string): boolean =>
    fleet.hosts.some(one => one.name === name && one.role !== 'relay' && host.role !== 'relay');
  return new Map(
    relaying.flatMap(({ to, mayBe, src }) =>
      [...to, ...mayBe].filter(isNear).map(name => [name, src === null ? null : shortAddress(src)] as const),
    ),
  );
}

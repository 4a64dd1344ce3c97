/** How smtpd(8) decides about a recipient, as ruleset.c and table.c do it: the first rule that matches. */
import type { SmtpdConf } from '../../src/facts/smtpd-conf.ts';
import type { TableUse } from '../../src/facts/smtpd-conf-clauses.ts';
import type { Condition, Match } from '../../src/facts/smtpd-conf-match.ts';
import { familyOf, isWithin } from '../../src/hosts/addresses.ts';

export interface Session {
  /** Of the listener; empty where it has none. */
  readonly tag: string;
  /** The client's, or `local`: the socket, and what smtpd makes itself. */
  readonly source: string;
  /** Null: nobody has authenticated. */
  readonly user: string | null;
  /** Empty: a bounce. */
  readonly from: string;
  readonly to: string;
}

export interface Around {
  /** Addresses of the host itself. */
  readonly own: readonly string[];
  /** Names that are `for local`. */
  readonly names: readonly string[];
}

/** The action's name; `refused` for good (550); `later`: a temporary failure (451). */
export function verdictOf(conf: SmtpdConf, session: Session, around: Around): string {
  for (const rule of conf.matches) {
    const conditions = conditionsOf(rule, conf, session, around);
    const first = conditions.find(one => one() !== true);
    if (first === undefined) return rule.action ?? 'refused';
    if (first() === 'later') return 'later';
  }
  return 'refused';
}

type Verdict = boolean | 'later';

/** In the order in which they are asked: the first that fails decides. */
const conditionsOf = (rule: Match, conf: SmtpdConf, session: Session, around: Around): readonly (() => Verdict)[] => [
  () => asked(rule.tag, conf, session.tag, (item, tag) => item.toLowerCase() === tag.toLowerCase()),
  () => isFrom(rule, conf, session, around),
  () => isFor(rule, conf, session, around),
  // The envelope does not say whether the session had TLS.
  () => (rule.tls === null ? true : 'later'),
  () => (rule.auth === null ? true : isAuthenticated(rule.auth, conf, session) !== rule.auth.not),
  () => asked(rule.mailFrom, conf, session.from === '' ? '@' : session.from, isMailAddress),
  () => asked(rule.rcptTo, conf, session.to, isMailAddress),
];

const itemsOf = (use: TableUse | null, conf: SmtpdConf): readonly string[] => {
  if (use === null) return [];
  const entries = 'entries' in use ? use.entries : (conf.tables.find(one => one.name === use.table)?.entries ?? []);
  return entries.map(([key]) => key);
};

function asked(
  condition: Condition | null,
  conf: SmtpdConf,
  value: string,
  isLike: (item: string, value: string) => boolean,
): boolean {
  if (condition === null) return true;
  const like = condition.regex ? (item: string, text: string) => new RegExp(item, 'i').test(text) : isLike;
  return itemsOf(condition.of, conf).some(item => like(item, value)) !== condition.not;
}

function isFrom({ from }: Match, conf: SmtpdConf, { source }: Session, { own }: Around): boolean {
  const isLocal = source === 'local' || own.includes(source) || source === '::1' || source.startsWith('127.');
  if (from.kind === 'any') return !from.not;
  if (from.kind === 'local') return isLocal !== from.not;
  if (from.kind === 'socket') return (source === 'local') !== from.not;
  if (from.kind === 'rdns') return false;
  return asked(from, conf, source, isInNetwork);
}

function isInNetwork(item: string, address: string): boolean {
  const [, network = '', length] = /^\[?([^\]/]*)\]?(?:\/(\d+))?$/.exec(item) ?? [];
  if (familyOf(network) === null || familyOf(address) === null) return item === address;
  return isWithin(address, { address: network, prefixLength: Number(length ?? (familyOf(network) === 4 ? 32 : 128)) });
}

function isFor(rule: Match, conf: SmtpdConf, { to }: Session, { names }: Around): boolean {
  const domain = to.slice(to.lastIndexOf('@') + 1).toLowerCase();
  if (rule.for.kind === 'any') return !rule.for.not;
  if (rule.for.kind === 'local') return names.includes(domain) !== rule.for.not;
  return asked(rule.for, conf, domain, (item, text) => item.toLowerCase() === text);
}

/** What is submitted on the host itself counts as authenticated, under no name. */
function isAuthenticated(auth: Condition, conf: SmtpdConf, { user, source }: Session): boolean {
  if (source !== 'local' && user === null) return false;
  return auth.of === null || itemsOf(auth.of, conf).includes(user ?? '');
}

/** `user`, `user@domain` or `@domain`; what follows a plus is the user's own. */
function isMailAddress(item: string, address: string): boolean {
  const [local = '', domain = ''] = splitAt(address);
  const [wanted = '', at = ''] = splitAt(item);
  if (item.includes('@') && at !== domain) return false;
  return wanted === '' || wanted === local || wanted === local.replace(/\+.*$/, '');
}

const splitAt = (address: string): readonly string[] => {
  const at = address.lastIndexOf('@');
  return (at < 0 ? [address, ''] : [address.slice(0, at), address.slice(at + 1)]).map(part => part.toLowerCase());
};

/**
 * Statements of a hand-made smtpd.conf(5) that have no equivalent in the one that replaces it, with the statements that these
 * refer to. A statement that means the same in another form is an equivalent. Pure.
 */

import {
  type Action,
  entriesOf,
  type Listener,
  parseSmtpdConf,
  relayUrl,
  type SmtpdConf,
} from '../facts/smtpd-conf.ts';
import type { Match } from '../facts/smtpd-conf-match.ts';
import { statementsOf, statementText } from '../facts/smtpd-conf-tokens.ts';

/** In their order, each on one line, macros expanded. */
export function withoutEquivalent(before: string, wanted: string): readonly string[] {
  const [old, next] = [parseSmtpdConf(before), parseSmtpdConf(wanted)];
  const left = new Set<string>([
    ...old.listeners.filter(one => !listens(one, next)).map(one => one.raw),
    ...old.actions.filter(one => !acts(one, old, next)).map(one => one.raw),
    ...old.matches.filter(one => !decides(one, old, next)).map(one => one.raw),
    ...old.includes.map(path => `include "${path}"`),
    ...old.others.filter(raw => !isSet(raw, next)),
  ]);
  for (let size = -1; size !== left.size; ) {
    size = left.size;
    for (const raw of neededBy(left, old, next)) left.add(raw);
  }
  return [...new Set(statementsOf(before).map(statementText))].filter(raw => left.has(raw));
}

/** A statement without its secrets. */
export const shownStatement = (raw: string): string =>
  raw.replace(/^(srs key (?:backup )?|queue encryption (?:key )?).+/, '$1…');

/** The statements that these refer to by a name that the new file does not define. */
function neededBy(left: ReadonlySet<string>, old: SmtpdConf, next: SmtpdConf): readonly string[] {
  const text = [...left].join('\n');
  const named = (pattern: string): boolean => new RegExp(pattern, 'mi').test(text);
  const has = (all: readonly { readonly name: string }[], { name }: { readonly name: string }): boolean =>
    all.some(one => one.name === name);
  const lost = [
    ...old.tables.filter(one => !has(next.tables, one) && named(`<${escaped(one.name)}>`)),
    ...old.pkis.filter(one => !has(next.pkis, one) && named(` pki "?${escaped(one.name)}"?( |$)`)),
    ...old.cas.filter(one => !has(next.cas, one) && named(` ca "?${escaped(one.name)}"?( |$)`)),
    ...old.actions.filter(one => !has(next.actions, one) && named(`^match .*action "?${escaped(one.name)}"?$`)),
  ];
  return lost.map(one => one.raw);
}

const escaped = (name: string): string => name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

const OF_THEIR_OWN = / (filter|tag|senders|hostnames|received-auth|proxy-v2|masquerade|ciphers|protocols)( |$)/;

const listens = (one: Listener, next: SmtpdConf): boolean =>
  next.listeners.some(other => other.raw === one.raw) || (!OF_THEIR_OWN.test(one.raw) && isAnswered(one, next));

const isAnswered = (one: Listener, next: SmtpdConf): boolean =>
  one.on === 'socket' || next.listeners.some(other => other.on === one.on && portOf(other) === portOf(one));

/** services(5). */
const NAMED_PORTS: Readonly<Record<string, string>> = { smtp: '25', smtps: '465', submission: '587' };

const portOf = ({ port, tls }: Listener): string => {
  return NAMED_PORTS[port ?? ''] ?? port ?? (tls === 'smtps' ? '465' : '25');
};

/** Local delivery is always to a maildir; mail programs of the admin's have no equivalent. */
const isSame = (one: Action, old: SmtpdConf, other: Action, next: SmtpdConf): boolean =>
  one.method === 'relay'
    ? other.method === 'relay' && hostsOf(one, old) === hostsOf(other, next)
    : (one.method === 'maildir' || one.method === 'mbox') && one.userbase === null && other.method === 'maildir';

const acts = (one: Action, old: SmtpdConf, next: SmtpdConf): boolean =>
  one.unread.length === 0 && next.actions.some(other => isSame(one, old, other, next));

const hostsOf = ({ host, domain }: Action, conf: SmtpdConf): string =>
  [host === null ? 'by MX' : '', ...valuesOf(host ?? domain, conf).map(url => relayUrl(url).host)].sort().join();

const valuesOf = (use: Action['host'], conf: SmtpdConf): readonly string[] =>
  entriesOf(use, conf).map(([key, value]) => (value ?? key).toLowerCase());

/** Whether the new file routes the same mail to the same place; who may send is decided by mailtun. */
function decides(rule: Match, old: SmtpdConf, next: SmtpdConf): boolean {
  if (next.matches.some(other => other.raw === rule.raw)) return true;
  if (rule.tag ?? rule.helo ?? rule.tls) return false;
  if (rule.from.kind === 'rdns' || rule.from.not || rule.for.not || rule.for.regex || rule.unread.length > 0)
    return false;
  if (rule.action === null && (rule.mailFrom !== null || rule.rcptTo !== null)) return false;
  const action = old.actions.find(one => one.name === rule.action);
  const rules = next.matches.filter(other => {
    if (other.for.kind !== rule.for.kind || other.action === null || !action) return other.action === rule.action;
    return next.actions.some(one => one.name === other.action && isSame(action, old, one, next));
  });
  if (rule.for.kind !== 'domain') return rules.some(other => other.for.kind === rule.for.kind);
  const domains = new Set(rules.flatMap(other => valuesOf(other.for.of, next)));
  return valuesOf(rule.for.of, old).every(domain => domains.has(domain));
}

/** Whether a setting has a key in the inventory, or is in the new file as well. */
const isSet = (raw: string, next: SmtpdConf): boolean => {
  const key = raw.split(' ').slice(0, 2).join(' ');
  return ['queue ttl', 'bounce warn-interval'].includes(key) || next.others.some(one => one.startsWith(`${key} `));
};

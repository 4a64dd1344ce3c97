/** The rules of smtpd.conf(5), as data. Pure. */
import { type Clauses, clauses, type TableUse } from './smtpd-conf-clauses.ts';
import type { Word } from './smtpd-conf-tokens.ts';

/** A condition of a rule. */
export interface Condition {
  /** Negated by `!`. */
  readonly not: boolean;
  /** The values are regular expressions. */
  readonly regex: boolean;
  /** Null for a condition without a value: `auth`, `rdns`. */
  readonly of: TableUse | null;
}

/** `match`; `from local` and `for local` where the statement has neither. */
export interface Match {
  readonly from: Condition & { readonly kind: 'any' | 'local' | 'socket' | 'src' | 'rdns' };
  readonly for: Condition & { readonly kind: 'any' | 'local' | 'domain' };
  readonly tag: Condition | null;
  readonly helo: Condition | null;
  readonly auth: Condition | null;
  readonly tls: Condition | null;
  readonly mailFrom: Condition | null;
  readonly rcptTo: Condition | null;
  /** Null: reject. */
  readonly action: string | null;
  readonly raw: string;
  readonly unread: readonly string[];
}

type Draft = { -readonly [key in keyof Match]: Match[key] };

const nothing: Condition = { not: false, regex: false, of: null };

/** @param words those after `match`. */
export function matchOf(words: readonly Word[]): Omit<Match, 'raw'> {
  const read = clauses(words);
  const rule: Omit<Draft, 'raw'> = {
    from: { ...nothing, kind: 'local' },
    for: { ...nothing, kind: 'local' },
    tag: null,
    helo: null,
    auth: null,
    tls: null,
    mailFrom: null,
    rcptTo: null,
    action: null,
    unread: [],
  };
  while (!read.done()) {
    const not = read.eat('!');
    if (read.eat('tag')) rule.tag = condition(read, not);
    else if (read.eat('helo')) rule.helo = condition(read, not);
    else if (read.eat('auth')) rule.auth = optional(read, not);
    else if (read.eat('tls')) rule.tls = { ...nothing, not };
    else if (read.eat('mail-from')) rule.mailFrom = condition(read, not);
    else if (read.eat('rcpt-to')) rule.rcptTo = condition(read, not);
    else if (read.eat('from')) fromClause(rule, read, not);
    else if (read.eat('for')) forClause(rule, read, not);
    else if (read.eat('action')) rule.action = read.string();
    else if (!read.eat('reject')) read.skip();
  }
  return { ...rule, unread: read.unread() };
}

/** `from auth` and `from mail-from` are `from any` with another condition. */
function fromClause(rule: Omit<Draft, 'raw'>, read: Clauses, not: boolean): void {
  if (read.eat('any')) rule.from = { ...nothing, kind: 'any', not };
  else if (read.eat('local')) rule.from = { ...nothing, kind: 'local', not };
  else if (read.eat('socket')) rule.from = { ...nothing, kind: 'socket', not };
  else if (read.eat('src')) rule.from = { kind: 'src', ...condition(read, not) };
  else if (read.eat('rdns')) rule.from = { kind: 'rdns', ...optional(read, not) };
  else if (read.is('auth') || read.is('mail-from')) {
    rule.from = { ...nothing, kind: 'any' };
    if (read.eat('auth')) rule.auth = optional(read, not);
    else if (read.eat('mail-from')) rule.mailFrom = condition(read, not);
  } else read.skip();
}

/** `for rcpt-to` is `for any` with another condition. */
function forClause(rule: Omit<Draft, 'raw'>, read: Clauses, not: boolean): void {
  if (read.eat('any')) rule.for = { ...nothing, kind: 'any', not };
  else if (read.eat('local')) rule.for = { ...nothing, kind: 'local', not };
  else if (read.eat('domain')) rule.for = { kind: 'domain', ...condition(read, not) };
  else if (read.eat('rcpt-to')) {
    rule.for = { ...nothing, kind: 'any' };
    rule.rcptTo = condition(read, not);
  } else read.skip();
}

function condition(read: Clauses, not: boolean): Condition {
  const regex = read.eat('regex');
  return { not, regex, of: read.table() };
}

function optional(read: Clauses, not: boolean): Condition {
  const regex = read.eat('regex');
  return { not, regex, of: !regex && read.atKeyword() ? null : read.table() };
}

/** Whether a rule refuses all mail to domains that no earlier rule is for, from wherever. */
export const isRefusalOfRest = ({ action, from, for: to, ...others }: Match): boolean =>
  action === null &&
  from.kind === 'any' &&
  to.kind === 'domain' &&
  ![to.not, to.regex].includes(true) &&
  [others.rcptTo, others.mailFrom, others.tag, others.auth, others.tls, others.helo].every(one => one === null);

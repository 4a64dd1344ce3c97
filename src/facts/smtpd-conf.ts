/**
 * smtpd.conf(5) as data, for any admin's file, by the grammar of OpenSMTPD 7.0 to 7.8. It never fails: an unknown statement is
 * kept as text, an unknown word is listed.
 */
export type { Action, Listener } from './smtpd-conf-action.ts';

import { remembered } from '../run/remembered.ts';
import { type Action, actionOf, type Listener, listenerOf } from './smtpd-conf-action.ts';
import { clauses, type Entries, type TableUse } from './smtpd-conf-clauses.ts';
import { type Match, matchOf } from './smtpd-conf-match.ts';
import { isSymbol, statementsOf, statementText, type Word } from './smtpd-conf-tokens.ts';

/** An smtpd.conf(5), as far as mailtun reads it. */
export interface SmtpdConf {
  readonly tables: readonly Table[];
  readonly pkis: readonly Named[];
  readonly cas: readonly Named[];
  readonly listeners: readonly Listener[];
  readonly actions: readonly Action[];
  /** In their order: the first that matches decides. */
  readonly matches: readonly Match[];
  /** Paths of included files. */
  readonly includes: readonly string[];
  /** Every other statement, each on one line. */
  readonly others: readonly string[];
}

/** A `pki` or `ca` of smtpd.conf(5); a `pki` may be several statements. */
interface Named {
  /** In lower case, as smtpd keeps it. */
  readonly name: string;
  /** On one line, macros expanded, so that it can be copied to another file. */
  readonly raw: string;
}

/** A `table` of smtpd.conf(5). */
interface Table {
  readonly name: string;
  /** Empty for a table that is read from elsewhere. */
  readonly entries: Entries;
  readonly raw: string;
}

/** Parses the text of a file; results are kept, because a run parses the same text repeatedly. */
export const parseSmtpdConf = remembered(read);

function read(text: string): SmtpdConf {
  const statements = statementsOf(text);
  const all = <T>(keyword: string, read: (words: readonly Word[]) => T): readonly (T & { raw: string })[] =>
    statements
      .filter(words => keywordOf(words) === keyword)
      .map(words => ({ ...read(words.slice(1)), raw: statementText(words) }));
  return {
    tables: all('table', tableOf),
    pkis: all('pki', namedOf),
    cas: all('ca', namedOf),
    listeners: all('listen', listenerOf),
    actions: all('action', actionOf),
    matches: all('match', matchOf),
    includes: all('include', ([path]) => ({ path: path?.text ?? '' })).map(one => one.path),
    others: statements.filter(words => keywordOf(words) === null).map(statementText),
  };
}

/** The entries that an action or a rule names: those of its table, or its own; none for null. */
export const entriesOf = (use: TableUse | null, { tables }: Pick<SmtpdConf, 'tables'>): Entries =>
  use === null ? [] : 'entries' in use ? use.entries : (tables.find(({ name }) => name === use.table)?.entries ?? []);

/** The next host of a relay action: `smtp+tls://label@host:port`. */
interface RelayUrl {
  /** `smtp` where the URL has none. */
  readonly scheme: string;
  readonly label: string | null;
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: string | null;
}

/** A relay's URL (text_to_relayhost() in to.c). */
export function relayUrl(text: string): RelayUrl {
  const [, scheme = 'smtp', label = null, bracketed, plain = '', port = null] =
    /^(?:([^:/]*):\/\/)?(?:([^@]*)@)?(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(text) ?? [];
  return { scheme: scheme.toLowerCase(), label, host: (bracketed ?? plain).toLowerCase(), port };
}

const KEYWORDS = ['table', 'pki', 'ca', 'listen', 'action', 'match', 'include'] as const;

const keywordOf = (words: readonly Word[]): (typeof KEYWORDS)[number] | null =>
  words.length < 2 ? null : (KEYWORDS.find(word => isSymbol(words[0], word)) ?? null);

function tableOf([name, ...rest]: readonly Word[]): Omit<Table, 'raw'> {
  const read = clauses(rest);
  const use = read.is('{') ? read.table() : null;
  return { name: name?.text ?? '', entries: use !== null && 'entries' in use ? use.entries : [] };
}

const namedOf = ([name]: readonly Word[]): Omit<Named, 'raw'> => ({ name: (name?.text ?? '').toLowerCase() });

/** The listeners and actions of smtpd.conf(5), as data. Pure. */
import { type Clauses, clauses, type TableUse } from './smtpd-conf-clauses.ts';
import { isSymbol, type Word } from './smtpd-conf-tokens.ts';

/** A `listen on` of smtpd.conf(5). */
export interface Listener {
  /** An address, an interface or a name; `socket` for local submission. */
  readonly on: string;
  readonly port: string | null;
  readonly tls: 'none' | 'offered' | 'required' | 'smtps';
  readonly raw: string;
}

/** An `action` of smtpd.conf(5). */
export interface Action {
  readonly name: string;
  readonly method: 'relay' | 'maildir' | 'mbox' | 'mda' | 'lmtp' | 'expand-only' | 'forward-only' | 'unknown';
  /** The next hosts of a relay action: URLs as `relayUrl` reads them, or their table; null: by MX records. */
  readonly host: TableUse | null;
  /** Likewise, by the recipient's domain. */
  readonly domain: TableUse | null;
  readonly tls: 'by url' | 'verified' | 'unverified';
  readonly src: TableUse | null;
  readonly alias: TableUse | null;
  readonly virtual: TableUse | null;
  readonly userbase: TableUse | null;
  readonly raw: string;
  /** Options that refer to other statements, such as `filter` and `wrapper`, and unknown ones. */
  readonly unread: readonly string[];
}

type Draft = Omit<{ -readonly [key in keyof Action]: Action[key] }, 'raw'>;

/** @param words those after `listen`. A keyword there is a name only if it is quoted, or that of a port. */
export function listenerOf([, on, ...words]: readonly Word[]): Omit<Listener, 'raw'> {
  const at = words.findIndex(word => isSymbol(word, 'port'));
  const others = at < 0 ? words : words.toSpliced(at, 2);
  const has = (keyword: string): boolean => others.some(word => isSymbol(word, keyword));
  const tls = has('smtps') ? 'smtps' : has('tls-require') ? 'required' : has('tls') ? 'offered' : 'none';
  return { on: on?.text ?? '', port: at < 0 ? null : (words[at + 1]?.text ?? null), tls };
}

const METHODS = ['relay', 'maildir', 'mbox', 'mda', 'lmtp', 'expand-only', 'forward-only'] as const;

/** @param words those after `action`. */
export function actionOf(words: readonly Word[]): Omit<Action, 'raw'> {
  const read = clauses(words);
  const name = read.string();
  const method = METHODS.find(word => read.eat(word)) ?? 'unknown';
  skipDestination(method, read);
  const found: Draft = {
    name,
    method,
    host: null,
    domain: null,
    tls: 'by url',
    src: null,
    alias: null,
    virtual: null,
    userbase: null,
    unread: [],
  };
  while (!read.done()) option(found, read);
  return { ...found, unread: read.unread() };
}

/** A maildir's path, which is optional, the program of `mda` or the far end of `lmtp`; then `junk` or `rcpt-to`. */
function skipDestination(method: Action['method'], read: Clauses): void {
  if (method === 'mda' || method === 'lmtp' || (method === 'maildir' && !read.atKeyword())) read.string();
  if (method === 'maildir') read.eat('junk');
  if (method === 'lmtp') read.eat('rcpt-to');
}

/** Options that name a table. */
const TABLES = ['host', 'domain', 'src', 'alias', 'virtual', 'userbase'] as const;

/** Options with one word that matters to nobody here. */
const WORDS = ['ca', 'pki', 'helo', 'ttl', 'user', 'ciphers', 'protocols', 'mail-from'];

function option(found: Draft, read: Clauses): void {
  const table = TABLES.find(word => read.eat(word));
  if (table) found[table] = read.table();
  else if (read.eat('tls')) found.tls = read.eat('no-verify') ? 'unverified' : 'verified';
  else if (read.eat('auth')) read.table();
  else if (WORDS.some(word => read.eat(word))) read.string();
  else if (read.eat('backup')) {
    if (read.eat('mx')) read.string();
  } else read.skip();
}

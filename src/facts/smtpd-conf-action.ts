/** The listeners and actions of smtpd.conf(5), as data. Pure. */
import { type Clauses, clauses, type TableUse } from './smtpd-conf-clauses.ts';
import type { Word } from './smtpd-conf-tokens.ts';

/** A `listen on` of smtpd.conf(5). */
export interface Listener {
  /** An address, an interface or a name; `socket` for local submission. */
  readonly on: string;
  readonly port: string | null;
  readonly tls: 'none' | 'offered' | 'required' | 'smtps';
  /** Whether a client has to show a certificate that `ca` vouches for. */
  readonly verify: boolean;
  readonly pkis: readonly string[];
  readonly ca: string | null;
  readonly tag: string | null;
  readonly hostname: string | null;
  readonly raw: string;
  readonly unread: readonly string[];
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
  readonly ca: string | null;
  readonly pki: string | null;
  readonly src: TableUse | null;
  readonly helo: string | null;
  /** Credentials by label. */
  readonly auth: TableUse | null;
  readonly alias: TableUse | null;
  readonly virtual: TableUse | null;
  readonly userbase: TableUse | null;
  readonly ttl: string | null;
  readonly raw: string;
  /** Options that refer to other statements, such as `filter` and `wrapper`, and unknown ones. */
  readonly unread: readonly string[];
}

type Draft<T> = Omit<{ -readonly [key in keyof T]: T[key] }, 'raw'>;

/** @param words those after `listen`. */
export function listenerOf(words: readonly Word[]): Omit<Listener, 'raw'> {
  const read = clauses(words);
  read.eat('on');
  const found: Draft<Listener> = {
    on: read.string(),
    port: null,
    tls: 'none',
    verify: false,
    pkis: [],
    ca: null,
    tag: null,
    hostname: null,
    unread: [],
  };
  while (!read.done()) {
    if (read.eat('port')) found.port = read.string();
    else if (read.eat('tls')) found.tls = 'offered';
    else if (read.eat('tls-require')) found.tls = 'required';
    else if (read.eat('smtps')) found.tls = 'smtps';
    else if (read.eat('verify')) found.verify = true;
    else if (read.eat('pki')) found.pkis = [...found.pkis, read.string()];
    else if (read.eat('ca')) found.ca = read.string();
    else if (read.eat('auth') || read.eat('auth-optional')) {
      if (!read.atKeyword()) read.table();
    } else if (read.eat('tag')) found.tag = read.string();
    else if (read.eat('hostname')) found.hostname = read.string();
    else if (read.eat('hostnames') || read.eat('senders')) read.table();
    else if (read.eat('filter')) read.table();
    else if (read.eat('ciphers') || read.eat('protocols')) read.string();
    else if (!BARE.some(word => read.eat(word))) read.skip();
  }
  return { ...found, unread: read.unread() };
}

const BARE = ['mask-src', 'no-dsn', 'inet4', 'inet6', 'received-auth', 'proxy-v2', 'masquerade'];

const METHODS = ['relay', 'maildir', 'mbox', 'mda', 'lmtp', 'expand-only', 'forward-only'] as const;

/** @param words those after `action`. */
export function actionOf(words: readonly Word[]): Omit<Action, 'raw'> {
  const read = clauses(words);
  const name = read.string();
  const method = METHODS.find(word => read.eat(word)) ?? 'unknown';
  skipDestination(method, read);
  const found: Draft<Action> = {
    name,
    method,
    host: null,
    domain: null,
    tls: 'by url',
    ca: null,
    pki: null,
    src: null,
    helo: null,
    auth: null,
    alias: null,
    virtual: null,
    userbase: null,
    ttl: null,
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

function option(found: Draft<Action>, read: Clauses): void {
  if (read.eat('host')) found.host = read.table();
  else if (read.eat('domain')) found.domain = read.table();
  else if (read.eat('tls')) found.tls = read.eat('no-verify') ? 'unverified' : 'verified';
  else if (read.eat('ca')) found.ca = read.string();
  else if (read.eat('pki')) found.pki = read.string();
  else if (read.eat('src')) found.src = read.table();
  else if (read.eat('helo')) found.helo = read.string();
  else if (read.eat('auth')) found.auth = read.table();
  else if (read.eat('alias')) found.alias = read.table();
  else if (read.eat('virtual')) found.virtual = read.table();
  else if (read.eat('userbase')) found.userbase = read.table();
  else if (read.eat('ttl')) found.ttl = read.string();
  else if (['user', 'ciphers', 'protocols', 'mail-from'].some(word => read.eat(word))) read.string();
  else if (read.eat('backup')) {
    if (read.eat('mx')) read.string();
  } else read.skip();
}

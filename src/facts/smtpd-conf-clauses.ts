/** Reading the words of one statement of smtpd.conf(5) from left to right. Pure. */
import { isSymbol, type Word } from './smtpd-conf-tokens.ts';

/** A table in a statement: its name, or values in place. */
export type TableUse = { readonly table: string } | { readonly entries: Entries };

/** Key and value; the value is null in a list. */
export type Entries = readonly (readonly [key: string, value: string | null])[];

/** The words of one statement of smtpd.conf(5), read from left to right. */
export interface Clauses {
  /** Whether this word comes next, unquoted. */
  is(word: string): boolean;
  /** Skips the word if it comes next, and returns whether it did. */
  eat(word: string): boolean;
  /** The next word, whatever it is; empty at the end. */
  string(): string;
  /** `<name>`, `{ a, b = c }`, or one value. */
  table(): TableUse;
  /** Whether a keyword comes next, or nothing: an optional value is absent. */
  atKeyword(): boolean;
  done(): boolean;
  /** Skips an unknown word and records it. */
  skip(): void;
  /** All words that were skipped or are left. */
  unread(): readonly string[];
}

/** A reader of these words. */
export function clauses(words: readonly Word[]): Clauses {
  const strange: string[] = [];
  let at = 0;
  const is = (word: string): boolean => isSymbol(words[at], word);
  const eat = (word: string): boolean => {
    const found = is(word);
    if (found) at += 1;
    return found;
  };
  const string = (): string => words[at++]?.text ?? '';
  const list = (): Entries => {
    const entries: [string, string | null][] = [];
    while (at < words.length && !eat('}')) {
      if (eat(',')) continue;
      const key = string();
      entries.push([key, eat('=') || eat('=>') ? string() : null]);
    }
    return entries;
  };
  const table = (): TableUse => {
    if (eat('{')) return { entries: list() };
    if (!eat('<')) return { entries: [[string(), null]] };
    const name = string();
    eat('>');
    return { table: name };
  };
  return {
    is,
    eat,
    string,
    table,
    atKeyword() {
      const next = words[at];
      return next === undefined || (!next.quoted && KEYWORDS.has(next.text));
    },
    done: () => at >= words.length,
    skip: () => void strange.push(string()),
    unread: () => [...strange, ...words.slice(at).map(word => word.source)],
  };
}

/** Words that can follow a value that may be left out, in a `listen`, an `action` or a `match` (lookup() in parse.y). */
const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'action alias any auth auth-optional ca ciphers domain filter for from helo hostname hostnames inet4 inet6 junk ' +
    'local mail-from mask-src masquerade no-dsn pki port protocols proxy-v2 rcpt-to rdns received-auth regex reject ' +
    'senders smtps socket src tag tls tls-require ttl user userbase verify virtual wrapper !'
  ).split(' '),
);

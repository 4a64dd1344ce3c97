/** An SPF record (RFC 7208), as its text has it. */
import { oneOf } from './one-of.ts';

/** `+ip4:192.0.2.0/24`, `~all`, `redirect=example.net`. */
export interface SpfTerm {
  /** `+` where none is written. */
  readonly qualifier: '+' | '-' | '~' | '?';
  /** A mechanism or a modifier, in lower case. */
  readonly name: string;
  /** What follows the colon or the equals sign; empty where there is neither. */
  readonly value: string;
}

/** An SPF record. */
export interface SpfRecord {
  readonly text: string;
  readonly terms: readonly SpfTerm[];
}

/** The SPF records among TXT records. */
export const spfRecords = (texts: readonly string[]): readonly SpfRecord[] =>
  texts
    .filter(text => /^v=spf1( |$)/i.test(text))
    .map(text => ({ text, terms: text.toLowerCase().split(/\s+/).slice(1).map(termOf) }));

function termOf(word: string): SpfTerm {
  const [, sign, name = '', value = ''] = /^([+?~-]?)([a-z0-9]+)(?:[:=](.*))?$/.exec(word) ?? [];
  return { qualifier: oneOf(['-', '~', '?'], sign) ?? '+', name, value };
}

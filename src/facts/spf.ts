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

/** Whether a TXT record is an SPF record. */
export const isSpf = (text: string): boolean => /^v=spf1( |$)/i.test(text);

/** The terms of the first SPF record among a domain's TXT records; null where there is none. */
export function parseSpf(texts: readonly string[]): readonly SpfTerm[] | null {
  const record = texts.find(isSpf);
  if (record === undefined) return null;
  return record
    .toLowerCase()
    .split(/\s+/)
    .slice(1)
    .map(word => {
      const [, sign, name = '', value = ''] = /^([+?~-]?)([a-z0-9]+)(?:[:=](.*))?$/.exec(word) ?? [];
      return { qualifier: oneOf(['-', '~', '?'], sign) ?? '+', name, value };
    });
}

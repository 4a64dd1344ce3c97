/** Lists of addresses, senders and names from which a relay accepts no mail: a file of the user, checked line by line. Pure. */

import { familyOf, shortAddress } from '../hosts/addresses.ts';
import type { Filters } from '../hosts/inventory/filters-schema.ts';

/** A list of what is refused. */
export type Blocklist = Filters['lists'][number]['kind'];

/** A line that is not a valid entry. */
export interface BadLine {
  /** From 1. */
  readonly line: number;
  readonly what: string;
  readonly remedy: string;
}

/** What a file of such a list holds. */
interface ReadList {
  /** As table(5) has them, each once. */
  readonly entries: readonly string[];
  readonly bad: readonly BadLine[];
}

/** Empty lines and those that begin with # are ignored, and so is text after a #. */
export function readBlocklist(kind: Blocklist, text: string): ReadList {
  const entries = new Set<string>();
  const bad: BadLine[] = [];
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    const word = line.replace(/(^|\s)#.*/, '').trim();
    if (word === '') continue;
    const found = LISTS[kind].entry(word);
    if (typeof found === 'string') entries.add(found);
    else
      bad.push({ line: index + 1, what: `${JSON.stringify(word.slice(0, 80))} ${found.what}`, remedy: found.remedy });
  }
  return { entries: [...entries], bad };
}

type Refused = Omit<BadLine, 'line'>;

/** text_to_netaddr() in to.c: an IPv6 network has its length inside the brackets. */
function network(word: string): string | Refused {
  const [, address = '', length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(word) ?? [];
  const family = familyOf(address);
  const refused = {
    what: 'is not an address or a network',
    remedy: 'write one per line, as in 192.0.2.1, 198.51.100.0/24 or 2001:db8::/32',
  };
  if (family === null) return refused;
  const most = family === 4 ? 32 : 128;
  if (length !== undefined && Number(length) > most)
    return { what: `has a prefix length greater than ${most}`, remedy: refused.remedy };
  if (length !== undefined && Number(length) === 0)
    return { what: 'matches every address', remedy: 'list networks whose mail is to be refused' };
  const net = length === undefined ? shortAddress(address) : `${shortAddress(address)}/${Number(length)}`;
  return family === 4 ? net : `[${net}]`;
}

/** mailaddr_match() in util.c: a word without @ is a local part at any domain, which is hardly meant by a domain. */
function sender(word: string): string | Refused {
  const remedy = 'write one per line, as in spammer@example.net or @example.net';
  if (word.includes('*') || word.includes('?'))
    return { what: 'has a wildcard, which smtpd does not support in mail addresses', remedy };
  if (!word.includes('@')) return { what: 'is not a mail address', remedy: `did you mean "@${word}"? ${remedy}` };
  return /^[^\s@"<>:]{0,64}@(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}$/.test(word)
    ? word.toLowerCase()
    : { what: 'is not a mail address', remedy };
}

/** hostname_match() in util.c: * matches anything up to what follows it. */
const name = (pattern: RegExp, thing: string, examples: string) => (word: string) =>
  pattern.test(word)
    ? word.toLowerCase()
    : { what: `is not a ${thing}`, remedy: `write one per line, as in ${examples}` };

const heloName = name(/^[A-Za-z0-9_.*[\]-]{1,253}$/, 'name as in HELO', 'localhost, *.dyn.example.net or [192.0.2.1]');

/** Looked up like a name in HELO: as a K_DOMAIN (filter_builtins_global() in lka_filter.c). */
const rdnsName = name(/^[A-Za-z0-9_.*-]{1,253}$/, 'host name', 'dsl.example.net or *.dyn.example.net');

/** What smtpd does with a list: a table of its smtpd.conf(5), the condition that looks in it, and the reply to a refused client. */
interface List {
  readonly table: string;
  readonly condition: string;
  readonly reply: string;
  /** A word of the file as table(5) has it, or what is wrong with it. */
  readonly entry: (word: string) => string | Refused;
}

/** By the key of the inventory. */
export const LISTS: Readonly<Record<Blocklist, List>> = {
  block: {
    table: 'blocked_addresses',
    condition: 'src',
    reply: '550 5.7.1 No mail from your address',
    entry: network,
  },
  block_senders: {
    table: 'blocked_senders',
    condition: 'mail-from',
    reply: '550 5.7.1 No mail from this sender',
    entry: sender,
  },
  block_helo: {
    table: 'blocked_helo',
    condition: 'helo',
    reply: '550 5.7.1 No mail from hosts of this name',
    entry: heloName,
  },
  block_rdns: {
    table: 'blocked_rdns',
    condition: 'rdns',
    reply: '550 5.7.1 No mail from addresses of this name',
    entry: rdnsName,
  },
};

/** What smtpd reads; the first line has it take every line for one key (parse_table_line() in util.c). */
export const tableText = (mark: string, entries: readonly string[]): string =>
  `${['# @list', mark, ...entries].join('\n')}\n`;

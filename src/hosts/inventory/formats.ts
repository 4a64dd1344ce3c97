import { domainToASCII } from 'node:url';
import { familyOf, oddKindOf } from '../addresses.ts';
import { quoted } from './errors.ts';

/**
 * One kind of word that an inventory may hold. The pattern is a whitelist: what passes may be part of a shell word,
 * hostname.if(5), smtpd.conf(5), hosts(5) or aliases(5) without leaving its place there.
 */
export interface Word {
  /** Follows "is not": `a host name`. */
  readonly thing: string;
  /** What is allowed. */
  readonly remedy: string;
  readonly pattern: RegExp;
  /** The text is not shown: it may be a password in the wrong place. */
  readonly isHidden?: boolean;
  /** A better remedy for a text, or what is wrong with it although it matches the pattern. */
  readonly notice?: (text: string) => Notice | null;
}

/** What is wrong with a value, and what to write instead. */
export interface Complaint {
  readonly what: string;
  readonly remedy: string;
}

/** Replaces a word's own `thing`, `remedy` and `isHidden`. */
type Notice = Partial<Complaint> & Pick<Word, 'isHidden'>;

/** What is wrong with a text as a word of this kind; null where nothing is. */
export function complaintAbout(word: Word, text: string): Complaint | null {
  // No valid word is that long, and some notices are slow for long text.
  const notice: Notice | null = text.length > 1000 ? {} : (word.notice?.(text) ?? null);
  if (notice === null && word.pattern.test(text)) return null;
  const shown = word.isHidden || notice?.isHidden ? 'this' : quoted(text);
  return { what: `${shown} ${notice?.what ?? `is not ${word.thing}`}`, remedy: notice?.remedy ?? word.remedy };
}

const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const name = `(?=.{1,253}$)(?:${label}\\.)*(?!\\d+$)${label}`;
const dottedName = `(?=.{1,253}$)(?:${label}\\.)+(?!\\d+$)${label}`;
const addressCharacters = '[0-9A-Fa-f:.]{2,45}';

/** A name as RFC 952 and RFC 1123 have it: letters, digits and hyphens in labels of at most 63, 253 in all. */
export const hostName: Word = {
  thing: 'a host name',
  remedy: 'use letters, digits, hyphens and dots, as in vpn0.example.com',
  pattern: new RegExp(`^${name}$`),
  notice: nameNotice,
};

/** A host name with a dot, as in public DNS. */
export const publicName: Word = {
  ...hostName,
  thing: 'a full host name',
  remedy: 'use letters, digits, hyphens and at least one dot, as in mx1.example.com',
  pattern: new RegExp(`^${dottedName}$`),
};

/** The part of mail addresses after the @. */
export const mailDomain: Word = {
  ...publicName,
  thing: 'a mail domain',
  remedy: 'write the part after the @ of your mail addresses, as in example.com',
};

/** One host's own address. */
export const hostAddress: Word = {
  thing: 'an IPv6 or IPv4 address',
  remedy: 'write it as 2001:db8:c1da::2 or 192.0.2.25',
  pattern: new RegExp(`^${addressCharacters}$`),
  notice: addressNotice,
};

/** An address, and after a slash the length of its network. */
export const tunnelAddress: Word = {
  thing: 'an IPv6 or IPv4 address',
  remedy: 'write it as 2001:db8:c1da::2, with a prefix length as in 2001:db8:c1da::2/64 if it is not 64 (IPv4: 24)',
  pattern: new RegExp(`^${addressCharacters}(?:/[0-9]{1,3})?$`),
  notice: tunnelAddressNotice,
};

/** Where the gateway sends its packets: an address or a name that it can resolve. */
export const endpoint: Word = {
  thing: 'an address or a host name',
  remedy: 'write the address to which the gateway sends its packets, as in 192.0.2.25, or a name for it',
  pattern: new RegExp(`^(?:${addressCharacters}|${name})$`),
  notice: text => (familyOf(text) === null && /^[0-9.]+$|:/.test(text) ? endpointNotice(text) : nameOrAddress(text)),
};

/** The name of a host in the inventory. */
export const inventoryName: Word = {
  thing: 'a name for a host',
  remedy: 'use letters, digits, dots, hyphens and underscores, a letter or digit first, at most 63, not digits alone',
  pattern: /^(?!\d+$)[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
};

/** A user whose maildir smtpd delivers to; table_lookup() in smtpd's table.c folds case, so capitals never match. */
export const login: Word = {
  thing: 'a login',
  remedy: 'write the name of a user on the host that delivers: lower-case letters, digits, hyphens, dots, underscores',
  pattern: /^[a-z_][a-z0-9_.-]{0,30}$/,
  notice: text =>
    text === 'root' ? { what: 'cannot receive mail', remedy: 'smtpd delivers nothing to root; name a user' } : null,
};

/** A recipient: the local part of a mail address, or the whole of it. */
export const recipient: Word = {
  thing: 'the local part of a mail address',
  remedy: 'use letters, digits, dots, hyphens and underscores, at most 64, as in ana or ana@example.com',
  pattern: new RegExp(`^(?=[^@]{1,64}(?:@|$))(?!-)[A-Za-z0-9_-]+(?:\\.[A-Za-z0-9_-]+)*(?:@${dottedName})?$`),
  notice: recipientNotice,
};

/** Who gets a recipient's mail: a login, or a login and the host that delivers. */
export const deliveryTarget: Word = {
  thing: 'a login, or login@host',
  remedy: login.remedy,
  pattern: new RegExp(`${login.pattern.source.slice(0, -1)}(?:@${inventoryName.pattern.source.slice(1, -1)})?$`),
  notice: text => login.notice?.(text.replace(/@.*$/s, '')) ?? null,
};

/** A user name for SMTP AUTH; smtpd folds the keys of its tables to lower case (table.c). */
export const authUser: Word = {
  thing: 'a user name for SMTP AUTH',
  remedy: 'use lower-case letters, digits, dots, hyphens and underscores, a letter or digit first, as in mailuser',
  pattern: /^[a-z0-9][a-z0-9._-]{0,63}$/,
  notice: text =>
    text.includes(':')
      ? {
          isHidden: true,
          remedy: 'remove the colon and what follows; the key password names the source of the password',
        }
      : null,
};

function nameNotice(text: string): Notice | null {
  if (familyOf(text) !== null) return { remedy: 'this is an address; write a name, as in vpn0.example.com' };
  if (/\.$/.test(text) && hostName.pattern.test(text.slice(0, -1))) return { remedy: 'remove the dot at its end' };
  if (/^(.*\.)?localhost$/i.test(text)) return { remedy: 'localhost is the name of every host; choose another name' };
  const ascii = /[^\0-\x7f]/.test(text) ? domainToASCII(text) : '';
  return hostName.pattern.test(ascii) ? { remedy: `write it as DNS has it: ${ascii}` } : null;
}

function addressNotice(text: string): Notice | null {
  const odd = familyOf(text) === null ? null : oddKindOf(text);
  if (odd !== null) return { what: `is ${odd}`, remedy: 'write an address that only this host has' };
  if (/^\[.*\]$/.test(text)) return { remedy: 'remove the brackets' };
  if (text.includes('%')) return { remedy: 'an address with a zone works on one interface only; write a global one' };
  if (/^[0-9A-Fa-f:.]+\/\d+$/.test(text)) return { remedy: 'only a tunnel address has a prefix length; remove it' };
  return familyOf(text) === null ? {} : null;
}

function tunnelAddressNotice(text: string): Notice | null {
  const [address = '', length] = text.split('/');
  const notice = addressNotice(address);
  if (notice !== null) return { remedy: tunnelAddress.remedy, ...notice };
  const longest = familyOf(address) === 4 ? 32 : 128;
  if (length === undefined || (/^[1-9]\d*$/.test(length) && Number(length) <= longest)) return null;
  return { what: 'has an invalid prefix length', remedy: `write a number from 1 to ${longest} after the slash` };
}

function endpointNotice(text: string): Notice {
  if (/^(\[.*\]|[^:]*):\d+$/.test(text)) return { remedy: 'remove the port: it is set by tunnel.port' };
  return { remedy: addressNotice(text)?.remedy ?? endpoint.remedy };
}

function nameOrAddress(text: string): Notice | null {
  return familyOf(text) === null ? nameNotice(text) : addressNotice(text);
}

function recipientNotice(text: string): Notice | null {
  if (text.includes('+')) return { remedy: 'remove the + and what follows: ana also gets mail for ana+shop' };
  if (/^\*?(@|$)/.test(text)) return { remedy: 'there is no catch-all; name each recipient' };
  return /@[^.]*$/.test(text) ? { remedy: 'write a mail domain after the @, as in ana@example.com' } : null;
}

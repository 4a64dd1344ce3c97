/**
 * Names that smtpd(8) relays to and that lines of the admin in hosts(5) give another address. libc returns the addresses of all
 * lines that have a name (addrinfo_from_file() in getaddrinfo_async.c), so smtpd tries them all: at its public address a relay
 * refuses mail from outside permanently. Pure.
 */
import { type HostsLine, parseHostsFile } from '../facts/hosts-file.ts';
import { familyOf, shortAddress } from '../hosts/addresses.ts';
import type { Host, Named } from '../hosts/fleet.ts';
import { BEGIN, END } from '../resources/block.ts';
import { Failure } from '../run/failure.ts';
import { linesInBlock } from './names-in-use.ts';

/** A name with another address, in a line outside mailtun's block. */
export interface NameElsewhere {
  readonly name: string;
  /** In the inventory. */
  readonly address: string;
  /** In that line. */
  readonly other: string;
  /** Its number, from 1. */
  readonly line: number;
  readonly text: string;
  /** Mailtun's block does not have the name yet: without that line DNS would be asked. */
  readonly isOnlyThere: boolean;
}

/** An address and nine names are read (MAXTOKEN in asr_private.h). */
const NAMES_READ = 9;

/** @param relayed the names that smtpd relays to; one may have several addresses. */
export function namesElsewhere(file: string, relayed: readonly Named[]): readonly NameElsewhere[] {
  const inBlock = linesInBlock(file).flatMap(lowerCase);
  return ownLinesOf(file).flatMap(({ text, line }) => {
    const [{ address, names } = { address: '', names: [] }] = parseHostsFile(text);
    const other = plainAddress(address);
    if (other === null) return [];
    const read = lowerCase({ names }).slice(0, NAMES_READ);
    return [...new Set(relayed.map(({ name }) => name))].flatMap(name => {
      const wanted = relayed.filter(one => one.name === name).map(one => one.address);
      const [first] = wanted;
      if (first === undefined || wanted.includes(other) || !read.includes(name.toLowerCase())) return [];
      return {
        name,
        address: first,
        other,
        line,
        text: text.trim(),
        isOnlyThere: !inBlock.includes(name.toLowerCase()),
      };
    });
  });
}

const lowerCase = ({ names }: Pick<HostsLine, 'names'>): readonly string[] => names.map(name => name.toLowerCase());

/** Null for what libc ignores; a zone is read and does not matter here. */
function plainAddress(text: string): string | null {
  const address = text.replace(/%.*/, '');
  return familyOf(address) === null ? null : shortAddress(address);
}

/** The lines outside the block. Where it ends with CR LF, the carriage return is a letter of the last name. */
function ownLinesOf(file: string): readonly { readonly text: string; readonly line: number }[] {
  const all = file.split('\n').map((text, at) => ({ text, line: at + 1 }));
  const begin = all.findIndex(({ text }) => text.trimEnd() === BEGIN);
  const end = all.findIndex(({ text }, at) => at > begin && text.trimEnd() === END);
  const outside = begin < 0 || end < 0 ? all : [...all.slice(0, begin), ...all.slice(end + 1)];
  return outside.map(({ text, line }) => ({ text: text.replace(/[^\s#]+\r$/, ''), line }));
}

/** What is wrong, and what to do about it. @param tls whether mail is handed on with TLS alone. */
export const elsewhereText = (
  { name, address, other, line, isOnlyThere }: NameElsewhere,
  host: Host,
  tls: boolean,
): Pick<Failure, 'what' | 'remedy'> => ({
  what: `line ${line} of /etc/hosts on ${host.name} gives ${name} another address, ${other}, and smtpd uses both${tls ? '' : '; without TLS, mail can be refused there permanently'}`,
  remedy: isOnlyThere
    ? `on ${host.name}, give ${name} the address ${address} in /etc/hosts, instead of that in line ${line}`
    : `on ${host.name}, take ${name} out of line ${line} of /etc/hosts`,
});

/** The same as a failure, for a host that is refused. */
export function elsewhereFailure(one: NameElsewhere, host: Host): Failure {
  const { what, remedy } = elsewhereText(one, host, false);
  return new Failure('hosts-name-elsewhere', what, '/etc/hosts', remedy);
}

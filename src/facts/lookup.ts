/** The output of `getent hosts` and of host(1) (recordings). */
import { linesOf } from './lines.ts';
import type { Probe, ProbeOf } from './probe.ts';

/** Addresses that `getent hosts NAME` printed, in libc's order; empty for an unknown name. */
export const parseGetent = (text: string): readonly string[] =>
  [...text.matchAll(/^([0-9a-fA-F:.]+)\s+\S/gm)].map(match => match[1] ?? '');

/** For each name the addresses that it resolves to on the host. */
export const NAMES: ProbeOf<ReadonlyMap<string, readonly string[]>> = {
  key: 'names',
  read: text =>
    new Map(
      text
        .split(/^= /m)
        .map(part => linesOf(part))
        .map(([name = '', ...lines]) => [name, parseGetent(lines.join('\n'))]),
    ),
};

/** What host(1) said of one name and type. */
export type DnsAnswer =
  | { readonly kind: 'records'; readonly values: readonly string[] }
  /** DNS has answered: there is no such name, or no record of this type. */
  | { readonly kind: 'none'; readonly text: string }
  /** No server answered, or it returned an error. */
  | { readonly kind: 'unknown'; readonly text: string };

const VALUES = [
  /^\S+ mail is handled by \d+ (\S+)$/,
  /^\S+ has (?:IPv6 )?address (\S+)$/,
  /^\S+ domain name pointer (\S+)$/,
  /^\S+ descriptive text (.+)$/,
  /^\S+ has TLSA record (.+)$/,
];

/**
 * An answer of host(1), also with the exit status that a probe prints behind it: names lose their last dot, the pieces of a TXT record are joined, and TLSA data are lower case in
 * one piece (host.c, rdata.c and tlsa_52.c of OpenBSD's dig).
 */
export function parseHost(text: string): DnsAnswer {
  const lines = linesOf(text).map(line => line.trimStart());
  const values = lines.flatMap(line => VALUES.flatMap(form => form.exec(line)?.[1] ?? []));
  if (values.length > 0) return { kind: 'records', values: values.map(cleaned) };
  const none = lines.find(line => /not found: 3\(NXDOMAIN\)|has no .+ record/.test(line));
  if (none !== undefined) return { kind: 'none', text: none };
  const said = lines.findLast(line => line !== '' && !/^exit \d+$/.test(line)) ?? 'no answer';
  return { kind: 'unknown', text: said.replace(/^;; /, '') };
}

/** The records of a name. @param type in any case. */
export function dnsAnswer(type: string, name: string): Probe<DnsAnswer> {
  const lower = type.toLowerCase();
  return { key: `dns ${lower} ${name}`, words: ['dns', lower, name], read: parseHost };
}

function cleaned(value: string): string {
  if (value.startsWith('"'))
    return [...value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(match => unescaped(match[1] ?? '')).join('');
  const [, head, data] = /^(\d+ \d+ \d+) ([0-9A-Fa-f ]+)$/.exec(value) ?? [];
  if (head !== undefined && data !== undefined) return `${head} ${data.replaceAll(' ', '').toLowerCase()}`;
  return value.replace(/\.$/, '').toLowerCase();
}

/** `\"`, `\\` and `\059`, as a character-string of a zone file has them (RFC 1035, 5.1). */
const unescaped = (text: string): string =>
  text.replaceAll(/\\(\d{3}|.)/g, (_, what: string) => (what.length === 3 ? String.fromCharCode(Number(what)) : what));

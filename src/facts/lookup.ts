/** What getent(1) says of hosts, and host(1) of the DNS (facts 11). */
import { linesOf } from './lines.ts';

/** Addresses that `getent hosts NAME` printed, in libc's order; empty where the name is not known. */
export const parseGetent = (text: string): readonly string[] =>
  [...text.matchAll(/^([0-9a-fA-F:.]+)\s+\S/gm)].map(match => match[1] ?? '');

export type DnsAnswer =
  | { readonly kind: 'records'; readonly values: readonly string[] }
  /** The DNS has answered: there is no such name, or none of the kind asked for. */
  | { readonly kind: 'none'; readonly text: string }
  /** No server answered, or it could not or would not. */
  | { readonly kind: 'unknown'; readonly text: string };

const VALUES = [
  /^\S+ mail is handled by \d+ (\S+)$/,
  /^\S+ has (?:IPv6 )?address (\S+)$/,
  /^\S+ domain name pointer (\S+)$/,
  /^\S+ descriptive text (.+)$/,
];

/** An answer of host(1); names lose their last dot, the pieces of a TXT record are joined. */
export function parseHost(text: string): DnsAnswer {
  const lines = linesOf(text).map(line => line.trimStart());
  const values = lines.flatMap(line => VALUES.flatMap(form => form.exec(line)?.[1] ?? []));
  if (values.length > 0) return { kind: 'records', values: values.map(cleaned) };
  const none = lines.find(line => /not found: 3\(NXDOMAIN\)|has no .+ record/.test(line));
  if (none !== undefined) return { kind: 'none', text: none };
  const said = lines.findLast(line => line !== '') ?? 'no answer';
  return { kind: 'unknown', text: said.replace(/^;; /, '') };
}

const cleaned = (value: string): string =>
  value.startsWith('"')
    ? value.replaceAll(/"\s*"/g, '').replaceAll(/^"|"$/g, '')
    : value.replace(/\.$/, '').toLowerCase();

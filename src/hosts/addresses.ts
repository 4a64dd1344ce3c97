import { isIPv4 } from 'node:net';

/** IP version of an address. */
export type Family = 4 | 6;

/** An address with the length of its network: `2001:db8:c1da::2` in a /64. */
export interface Prefix {
  readonly address: string;
  readonly prefixLength: number;
}

/** The family of an address as ifconfig(8) and smtpd.conf(5) take it, without zone or brackets; null for other text. */
export function familyOf(text: string): Family | null {
  if (isIPv4(text)) return 4;
  // Equivalent to net.isIPv6, whose regular expression takes longer to compile than an inventory takes to read.
  return /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/.test(text) && URL.canParse(`http://[${text}]/`) ? 6 : null;
}

/**
 * The form in which inet_ntop(3) prints an address (RFC 5952): lower case, no leading zeros, the longest run of zeros
 * as `::`. For addresses only; two texts are the same address exactly if their short forms are equal.
 */
export function shortAddress(address: string): string {
  return isIPv4(address) ? address : new URL(`http://[${address}]/`).hostname.slice(1, -1);
}

/** The canonical form of a name or an address: lower case, the short form of an address, no trailing dot. */
export const plainHost = (host: string): string =>
  familyOf(host) === null ? host.toLowerCase().replace(/\.$/, '') : shortAddress(host);

/** A name or an address as it is written before a port: an IPv6 address in brackets. */
export const bracketed = (host: string): string => (familyOf(host) === 6 ? `[${host}]` : host);

/** The network that contains only this address. */
export const hostPrefix = (address: string): string => `${address}/${widthOf(address)}`;

/** The name under which DNS has the PTR record of an address (RFC 1035, 3.5; RFC 3596, 2.5). */
export function reverseName(address: string): string {
  if (isIPv4(address)) return `${address.split('.').reverse().join('.')}.in-addr.arpa.`;
  return `${[...bitsOf(address).toString(16).padStart(32, '0')].reverse().join('.')}.ip6.arpa.`;
}

/** Why an address cannot be that of a single host, as a noun: `a multicast address`; null where it can. */
export function oddKindOf(address: string): string | null {
  const bits = bitsOf(address);
  const kinds = familyOf(address) === 4 ? oddKinds4 : oddKinds6;
  return kinds.find(([, network, length]) => sameNetwork(bits, bitsOf(network), length, widthOf(network)))?.[0] ?? null;
}

/** True where the address lies in the network of `prefix`; an address of the other family never does. */
export function isWithin(address: string, prefix: Prefix): boolean {
  if (familyOf(address) !== familyOf(prefix.address)) return false;
  return sameNetwork(bitsOf(address), bitsOf(prefix.address), prefix.prefixLength, widthOf(address));
}

/** Parses `ADDRESS`, or `ADDRESS/LENGTH`, whose host bits are cleared; null for other text. */
export function prefixIn(text: string): Prefix | null {
  const [, address = '', length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  if (familyOf(address) === null) return null;
  const width = widthOf(address);
  const prefixLength = length === undefined ? width : Number(length);
  if (prefixLength > width) return null;
  const free = BigInt(width - prefixLength);
  return { address: textOf((bitsOf(address) >> free) << free, width), prefixLength };
}

/** Whether a range such as `2001:db8::/64`, or a single address, contains an address; false for other text. */
export function isInRange(address: string, range: string): boolean {
  const prefix = prefixIn(range);
  return prefix !== null && isWithin(address, prefix);
}

/** As wg(4), route(8) and pf.conf(5) take it. */
export const prefixText = ({ address, prefixLength }: Prefix): string => `${address}/${prefixLength}`;

/** Whether two networks have an address in common. */
export const overlap = (one: Prefix, other: Prefix): boolean =>
  isWithin(one.address, { ...other, prefixLength: Math.min(one.prefixLength, other.prefixLength) });

/** True for the first and the last address of an IPv4 network: its network and its broadcast address. */
export function isNetworkOrBroadcast({ address, prefixLength }: Prefix): boolean {
  if (familyOf(address) !== 4 || prefixLength > 30) return false;
  const hostMask = (1n << BigInt(32 - prefixLength)) - 1n;
  const host = bitsOf(address) & hostMask;
  return host === 0n || host === hostMask;
}

type OddKind = readonly [kind: string, network: string, length: number];

const oddKinds6: readonly OddKind[] = [
  ['the unspecified address', '::', 128],
  ['a loopback address', '::1', 128],
  ['an IPv4 address written as IPv6', '::', 96],
  ['an IPv4-mapped address', '::ffff:0:0', 96],
  ['a link-local address', 'fe80::', 10],
  ['a multicast address', 'ff00::', 8],
];

const oddKinds4: readonly OddKind[] = [
  ['an unspecified address', '0.0.0.0', 8],
  ['a loopback address', '127.0.0.0', 8],
  ['a link-local address', '169.254.0.0', 16],
  ['a multicast address', '224.0.0.0', 4],
  ['a reserved address', '240.0.0.0', 4],
];

const widthOf = (address: string): number => (isIPv4(address) ? 32 : 128);

const sameNetwork = (one: bigint, other: bigint, length: number, width: number): boolean =>
  one >> BigInt(width - length) === other >> BigInt(width - length);

function bitsOf(address: string): bigint {
  if (isIPv4(address)) return address.split('.').reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
  const [head = '', tail] = shortAddress(address).split('::');
  const before = head.split(':').filter(Boolean);
  const after = (tail ?? '').split(':').filter(Boolean);
  const words = [...before, ...Array(8 - before.length - after.length).fill('0'), ...after];
  return words.reduce((bits, word) => (bits << 16n) | BigInt(`0x${word}`), 0n);
}

function textOf(bits: bigint, width: number): string {
  const [size, count] = width === 32 ? [8n, 4] : [16n, 8];
  const mask = (1n << size) - 1n;
  const words = Array.from({ length: count }, (_, index) => (bits >> (size * BigInt(count - 1 - index))) & mask);
  return width === 32 ? words.join('.') : shortAddress(words.map(word => word.toString(16)).join(':'));
}

/** RFC 1918, 6598 and 4193. */
const PRIVATE: readonly Prefix[] = [
  { address: '10.0.0.0', prefixLength: 8 },
  { address: '172.16.0.0', prefixLength: 12 },
  { address: '192.168.0.0', prefixLength: 16 },
  { address: '100.64.0.0', prefixLength: 10 },
  { address: 'fc00::', prefixLength: 7 },
];

/** Whether an address is not routed on the internet; false for other text. */
export const isPrivate = (text: string): boolean =>
  familyOf(text) !== null && PRIVATE.some(network => isWithin(text, network));

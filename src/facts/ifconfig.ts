/** What ifconfig(8) prints of a wg(4) interface to root (wg_status() in ifconfig.c, recordings). */
import { linesOf } from './lines.ts';

/** A wg(4) interface as ifconfig(8) prints it. */
export interface WgInterface {
  readonly name: string;
  readonly up: boolean;
  readonly mtu: number | null;
  /** Of its addresses; left out: 0. */
  readonly routingDomain?: number;
  /** Of the packets that it sends and receives (wgrtable); left out: 0. */
  readonly routingTable?: number;
  /** Null until set or first up. */
  readonly port: number | null;
  /** Base64; null where no key is set. */
  readonly publicKey: string | null;
  readonly peers: readonly WgPeer[];
  readonly addresses: readonly InterfaceAddress[];
}

/** A peer of a wg(4) interface. */
export interface WgPeer {
  readonly publicKey: string;
  readonly presharedKey: boolean;
  /** 0 is off. */
  readonly keepaliveSeconds: number;
  /** `ADDRESS PORT`, the current one; null while none is known. */
  readonly endpoint: string | null;
  /** Bytes. */
  readonly tx: number;
  readonly rx: number;
  /** Null before the first handshake; can be negative after a step of the clock. */
  readonly handshakeAgeSeconds: number | null;
  /** `ADDRESS/LENGTH`, in no particular order. */
  readonly allowedIps: readonly string[];
}

/** An address of an interface. */
export interface InterfaceAddress {
  readonly address: string;
  readonly prefixLength: number;
  /** Duplicate address detection is still under way: bind(2) fails. */
  readonly tentative: boolean;
  /** Another machine has it as well, so that bind(2) fails; left out: no. */
  readonly duplicated?: true;
  /** Of its interface; left out: 0. */
  readonly routingDomain?: number;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The wg(4) interfaces among all that ifconfig(8) prints. */
export const parseWgInterfaces = (text: string): readonly WgInterface[] =>
  text.split(/^(?=\S)/m).flatMap(block => (/^wg\d+: /.test(block) ? (parseWgInterface(block) ?? []) : []));

/** Null for text that is not an interface. Unknown lines are ignored. */
export function parseWgInterface(text: string): WgInterface | null {
  const head = /^([a-z]+\d+): flags=[0-9a-f]+<([^>]*)>.*? mtu (\d+)/.exec(text);
  if (!head) return null;
  const peers: (Writable<Omit<WgPeer, 'allowedIps'>> & { allowedIps: string[] })[] = [];
  const addresses: InterfaceAddress[] = [];
  let port: number | null = null;
  let publicKey: string | null = null;
  let routingTable = 0;
  for (const line of linesOf(text).slice(1)) {
    const [word = '', ...rest] = line.trim().split(/\s+/);
    const value = rest[0] ?? '';
    const peer = line.startsWith('\t\t') ? peers.at(-1) : undefined;
    if (peer) peerLine(peer, word, rest, line);
    else if (word === 'wgport') port = Number(value);
    else if (word === 'wgpubkey') publicKey = value;
    else if (word === 'wgrtable') routingTable = Number(value);
    else if (word === 'wgpeer') peers.push(newPeer(value));
    else if (word === 'inet6' || word === 'inet') addresses.push(addressLine(word, rest));
  }
  const up = (head[2] ?? '').split(',').includes('UP');
  return {
    name: head[1] ?? '',
    up,
    mtu: Number(head[3]),
    port,
    publicKey,
    peers,
    addresses,
    ...domainOf(text),
    ...(routingTable === 0 ? {} : { routingTable }),
  };
}

/** Of an interface, by its first line. */
function domainOf(text: string): { readonly routingDomain?: number } {
  const [, number] = /^\S+: flags=\S* rdomain (\d+) /.exec(text) ?? [];
  return number === undefined ? {} : { routingDomain: Number(number) };
}

/** Every address that ifconfig(8) prints for any interface. */
export const parseAddresses = (text: string): readonly InterfaceAddress[] =>
  text.split(/^(?=\S)/m).flatMap(block =>
    linesOf(block).flatMap(line => {
      const [, word, rest] = /^\t(inet6?) (.*)$/s.exec(line) ?? [];
      if (word === undefined || rest === undefined) return [];
      return [{ ...addressLine(word, rest.trim().split(/\s+/)), ...domainOf(block) }];
    }),
  );

/** Any interface as ifconfig(8) prints it. */
export interface Interface {
  readonly name: string;
  /** `egress` has the default route. */
  readonly groups: readonly string[];
  /** Permanent ones: not temporary, deprecated, tentative or duplicated. */
  readonly addresses: readonly InterfaceAddress[];
}

/** All interfaces, as ifconfig(8) without arguments prints them. */
export const parseInterfaces = (text: string): readonly Interface[] =>
  text.split(/^(?=[a-z]+\d+: flags=)/m).flatMap(block => {
    const [, name] = /^([a-z]+\d+): flags=/.exec(block) ?? [];
    if (name === undefined) return [];
    const lasting = linesOf(block).filter(
      line => !/ (temporary|autoconfprivacy|deprecated|tentative|duplicated|detached)\b/.test(line),
    );
    const groups = /^\tgroups: (.*)$/m.exec(block)?.[1]?.trim().split(/\s+/) ?? [];
    return [{ name, groups, addresses: parseAddresses(lasting.join('\n')) }];
  });

const newPeer = (publicKey: string) => ({
  publicKey,
  presharedKey: false,
  keepaliveSeconds: 0,
  endpoint: null,
  tx: 0,
  rx: 0,
  handshakeAgeSeconds: null,
  allowedIps: [],
});

function peerLine(
  peer: Writable<Omit<WgPeer, 'allowedIps'>> & { allowedIps: string[] },
  word: string,
  rest: readonly string[],
  line: string,
): void {
  const value = rest[0] ?? '';
  if (word === 'wgpsk') peer.presharedKey = true;
  else if (word === 'wgpka') peer.keepaliveSeconds = Number(value);
  else if (word === 'wgendpoint') peer.endpoint = `${value} ${rest[1] ?? ''}`;
  else if (word === 'wgaip') peer.allowedIps.push(value);
  const bytes = /\ttx: (\d+), rx: (\d+)$/.exec(line);
  if (bytes) Object.assign(peer, { tx: Number(bytes[1]), rx: Number(bytes[2]) });
  const age = /\tlast handshake: (-?\d+) seconds? ago$/.exec(line);
  if (age) peer.handshakeAgeSeconds = Number(age[1]);
}

function addressLine(word: string, rest: readonly string[]): InterfaceAddress {
  const address = rest[0] ?? '';
  const after = (name: string): string => (rest.includes(name) ? (rest[rest.indexOf(name) + 1] ?? '') : '');
  const prefixLength = word === 'inet6' ? Number(after('prefixlen') || '128') : maskBits(after('netmask'));
  const duplicated = rest.includes('duplicated') ? ({ duplicated: true } as const) : {};
  return { address, prefixLength, tentative: rest.includes('tentative'), ...duplicated };
}

/** `0xffffff00` is 24. */
const maskBits = (mask: string): number => {
  const value = Number.parseInt(mask, 16);
  return Number.isNaN(value) ? 32 : value.toString(2).replaceAll('0', '').length;
};

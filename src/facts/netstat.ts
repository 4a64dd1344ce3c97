/** What `netstat -ln` prints: the sockets of each family, of which -f would select one (main.c of netstat(1), recordings). */
import { command } from '../run/command.ts';
import { fact } from '../run/fact.ts';
import { linesOf } from './lines.ts';

/** A socket that listens, as netstat(1) prints it. */
export interface Listener {
  readonly protocol: 'tcp' | 'udp';
  /** `*` for all; a long IPv6 address is cut to the width of its column. */
  readonly address: string;
  readonly port: number;
}

/** Lines about anything but listening sockets of the internet families are ignored. */
export const parseListeners = (text: string): readonly Listener[] =>
  linesOf(text).flatMap(line => {
    const [, protocol, address = '', port] = LISTENS.exec(line) ?? [];
    return protocol === undefined ? [] : { protocol: protocol === 'udp' ? 'udp' : 'tcp', address, port: Number(port) };
  });

const LISTENS = /^(tcp|udp)6? +\d+ +\d+ +(\S+)\.(\d+) +\*\.\*(?: +LISTEN)?$/;

/** netstat prints at most so many characters of an IPv6 address. */
const COLUMN = 16;

/** Whether something listens on an address; a truncated address counts as the one that it is the beginning of. */
export const listensOn = (listeners: readonly Listener[], address: string, port: number): boolean =>
  listeners.some(
    at =>
      at.protocol === 'tcp' &&
      at.port === port &&
      (at.address === '*' || at.address === address || (isCut(at) && address.startsWith(at.address))),
  );

const isCut = ({ address }: Listener): boolean => address.length >= COLUMN && address.includes(':');

/** Whether something is bound to a UDP port, on any address: wg(4) binds to all (if_wg.c). */
export const listensOnUdp = (listeners: readonly Listener[], port: number): boolean =>
  listeners.some(at => at.protocol === 'udp' && at.port === port);

/** All sockets that listen. */
export const LISTENERS = fact('netstat -ln', command('exec netstat -ln'), parseListeners);

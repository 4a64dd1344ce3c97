/** What tcpdump(8) prints of a tunnel's outer packets (recordings). */
import { linesOf } from './lines.ts';
import { type PingResult, parsePing } from './ping.ts';
import type { ProbeOf } from './probe.ts';

/** What tcpdump(8) saw of the tunnel's packets outside of it. */
export interface Wire {
  /** Packets of the tunnel that left: initiations of handshakes, and data while a session is still believed in. */
  readonly sent: number;
  /** Those that came in. */
  readonly received: number;
  /** The ICMP message that refused a packet; null where none came. */
  readonly refusal: string | null;
}

/** `far` is the address that the packets went to. Null where tcpdump(8) did not run. */
export function parseWire(text: string, far: string): Wire | null {
  const lines = linesOf(text).map(line => line.replace(/^\d\d:[\d:.]+ /, ''));
  const wg = lines.filter(line => line.includes('[wg]'));
  const refusal = lines.find(line => /icmp6?: .*unreachable/.test(line)) ?? null;
  if (wg.length === 0 && refusal === null && !/^tcpdump: listening on /m.test(text)) return null;
  return {
    sent: wg.filter(line => !line.startsWith(`${far}.`)).length,
    received: wg.filter(line => line.startsWith(`${far}.`)).length,
    refusal: refusal?.replace(/^.*icmp6?: /, '') ?? null,
  };
}

/** What was tried outside of a tunnel that does not answer. */
interface Outside {
  /** Of the endpoint itself; null where ping could not be run. */
  readonly ping: PingResult | null;
  /** By the address that the tunnel's packets go to. */
  readonly packets: (far: string) => Wire | null;
}

/** The path to an endpoint, outside of the tunnel. */
export const wireTo = (endpoint: string): ProbeOf<Outside> => ({
  key: `wire ${endpoint}`,
  read: text => ({ ping: parsePing(text), packets: far => parseWire(text, far) }),
});

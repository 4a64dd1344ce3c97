/** What ping(8) and ping6(8) print (recordings). */
import type { Probe } from './probe.ts';

/** The answers to pings. */
export interface PingResult {
  readonly received: number;
}

/** Both streams in one text. Null where there are no statistics: nothing is known then. */
export function parsePing(text: string): PingResult | null {
  const counts = [...text.matchAll(/^\d+ packets transmitted, (\d+) packets received/gm)];
  return counts.length === 0 ? null : { received: counts.reduce((total, match) => total + Number(match[1]), 0) };
}

/**
 * Whether an address in the tunnel answers. `ping` is null where it could not be run; `silent`: nothing was tried, because the host
 * has sent nothing through the tunnel since boot, and a packet would wake it.
 */
export const reach = (address: string): Probe<{ readonly ping: PingResult | null; readonly silent: boolean }> => ({
  key: `reach ${address}`,
  words: ['reach', address],
  read: text => ({ ping: parsePing(text), silent: text.startsWith('silent') }),
});

/** Whether it answers the largest packet that the tunnel takes. */
export const large = (address: string): Probe<PingResult> => ({
  key: `large ${address}`,
  words: ['large', address],
  read: parsePing,
});

import { command } from '../run/command.ts';
import { fact } from '../run/fact.ts';

/** A host's own clock. */
export interface HostClock {
  /** Seconds since 1970. */
  readonly now: number;
  /** The same moment as its log would have it, as if it were UTC. */
  readonly local: number;
}

/** `1795327702 2026 Nov 22 06:08:22`: seconds since 1970, and the local time as syslogd writes it, with the year. */
export function parseClock(text: string): HostClock | null {
  const match = /^(\d+) (\d{4}) ([A-Z][a-z]{2}) +(\d+) (\d\d:\d\d:\d\d)\s*$/.exec(text);
  if (!match) return null;
  const local = Date.parse(`${match[3]} ${match[4]}, ${match[2]} ${match[5]} UTC`) / 1000;
  return Number.isNaN(local) ? null : { now: Number(match[1]), local };
}

/** What time it is there; null where date(1) did not say. */
export const CLOCK = fact('the clock', command(`exec date '+%s %Y %b %e %H:%M:%S'`), parseClock);

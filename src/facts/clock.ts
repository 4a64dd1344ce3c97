import { command } from '../run/command.ts';
import { fact } from '../run/fact.ts';

/** A host's own clock. */
export interface HostClock {
  /** Seconds since 1970. */
  readonly now: number;
  /** The same moment in its local time, which is that of its log, taken as UTC. */
  readonly local: number;
}

/** `1795327702 2026 Nov 22 06:08:22`: seconds since 1970, and the local time as syslogd writes it, with the year. */
export function parseClock(text: string): HostClock | null {
  const match = /^(\d+) (\d{4}) ([A-Z][a-z]{2}) +(\d+) (\d\d:\d\d:\d\d)\s*$/.exec(text);
  if (!match) return null;
  const local = Date.parse(`${match[3]} ${match[4]}, ${match[2]} ${match[5]} UTC`) / 1000;
  return Number.isNaN(local) ? null : { now: Number(match[1]), local };
}

/** The host's time; null where date(1) did not print it. */
export const CLOCK = fact('the clock', command(`exec date '+%s %Y %b %e %H:%M:%S'`), parseClock);

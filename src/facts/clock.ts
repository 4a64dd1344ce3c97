import { builtins, command } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

/**
 * At securelevel 1, in which a host runs, ntpd(8) only slews, whatever is restarted: an hour takes it days. rdate(8)
 * steps; ntpd is restarted after it, because it would continue with the old offset.
 */
export const SET_CLOCK = 'rcctl enable ntpd; rdate -n pool.ntp.org && rcctl restart ntpd';

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

const DATE = `date '+%s %Y %b %e %H:%M:%S'`;

/** The host's time; null where date(1) did not print it. */
export const CLOCK = fact('the clock', command(`exec ${DATE}`), parseClock);

/** The host's time where one of these files is missing; null where none is, which costs no process. */
export const clockWithout = (paths: readonly string[]): Fact<HostClock | null> =>
  fact(
    // Asked for the files without TLS and with it, where that may still be in use.
    `the clock where one is missing of ${paths.join(' ')}`,
    builtins(`local path\nfor path; do [ -s "$path" ] || { ${DATE}; return; }; done`, ...paths),
    parseClock,
  );

/** What a host's mail log says about its mail: errors that persist, failed deliveries, why smtpd ended. Pure. */
import type { HostClock } from '../facts/clock.ts';
import type { Delivery, MailEvent } from '../facts/maillog.ts';
import type { Named } from '../hosts/fleet.ts';

/** The last error towards a host, by its address or, if it was not resolved, by its name, unless a message was delivered to it since; null where there is none. */
export function lastingError(log: readonly MailEvent[], { address, name }: Named): string | null {
  const far = new Map<string, string>();
  let error: string | null = null;
  for (const event of log) {
    if (event.kind === 'connecting') far.set(event.session, event.address);
    else if (event.kind === 'error' && far.get(event.session) === address) error = event.reason;
    else if (event.kind === 'unresolved' && event.relay === name) error = event.reason;
    else if (event.kind === 'delivery' && (event.relay === address || event.relay === name))
      error = event.result === 'Ok' ? null : event.said;
  }
  return error;
}

/** The last thing the delivery agent complained about for each recipient, without a later success. */
export function undelivered(log: readonly MailEvent[], clock: HostClock | null): readonly Delivery[] {
  const failed = new Map<string, Delivery>();
  for (const event of log) {
    if (event.kind !== 'delivery' || event.agent !== 'mda' || !isRecent(event, clock)) continue;
    if (event.result === 'Ok') failed.delete(event.to);
    else failed.set(event.to, event);
  }
  return [...failed.values()];
}

/** Why smtpd ended, by the end of the log; null if it has started since. */
export function exitReason(log: readonly MailEvent[]): string | null {
  const last = log.findLast(event => event.kind === 'exited' || event.kind === 'started');
  return last?.kind === 'exited' ? last.reason : null;
}

/** The filter that smtpd ended with, unless it has started since, and the last thing it said; null where it was none. */
export function endedFilter(log: readonly MailEvent[]): { readonly name: string; readonly said: string | null } | null {
  const start = log.findLastIndex(event => event.kind === 'started');
  const since = log.slice(start + 1);
  const ended = since.find(event => event.kind === 'filter ended');
  if (ended?.kind !== 'filter ended') return null;
  const said = since.findLast(event => event.kind === 'said' && event.who === ended.filter);
  return { name: ended.filter, said: said?.kind === 'said' ? said.text : null };
}

const DAY = 86_400;

/** Whether a line is less than a day old; without a clock or a date it counts as such. */
export function isRecent(event: MailEvent, clock: HostClock | null): boolean {
  const written = writtenAt(event, clock);
  return written === null || clock === null || clock.now - written <= DAY;
}

/**
 * When a line was written, in seconds since 1970; null without a clock or a date. Syslog writes no year: a date that
 * lies ahead is last year's.
 */
export function writtenAt(event: MailEvent, clock: HostClock | null): number | null {
  if (event.time === null || clock === null) return null;
  if (event.time.endsWith('Z')) return Date.parse(event.time) / 1000;
  const year = new Date(clock.local * 1000).getUTCFullYear();
  const at = (of: number): number => Date.parse(`${event.time?.slice(0, 6)}, ${of} ${event.time?.slice(7)} UTC`) / 1000;
  const local = at(year) > clock.local + DAY ? at(year - 1) : at(year);
  return Number.isNaN(local) ? null : clock.now - clock.local + local;
}

/** Queued mail that smtpd(8) does not know: neither delivered nor bounced nor shown by smtpctl(8). Pure. */

import { type Action, parseSmtpdConf, type SmtpdConf } from '../facts/smtpd-conf.ts';
import type { IncludedActions } from '../facts/smtpd-included.ts';
import type { QueuedEnvelope, Spool } from '../facts/smtpd-queue.ts';
import { OWN_LINES } from './own-lines.ts';

/** Queued mail whose action a file does not have, by the action's name. */
export interface StrandedMail {
  readonly action: string;
  readonly count: number;
  /** Some of it, where more is known than the count. */
  readonly some: readonly QueuedEnvelope[];
}

/**
 * Mail that smtpd would strand in its spool with this file; an included file may define further actions.
 * @param included the actions of the host's own lines.
 */
export function strandedIn(
  text: string,
  spool: Spool,
  included: IncludedActions | null = null,
): readonly StrandedMail[] {
  const conf = parseSmtpdConf(text);
  const own = ownActions(conf, included);
  if (conf.includes.length > 0 && own === null) return [];
  return [...spool.counts]
    .filter(([name]) => actionIn(conf, name) === null && !own?.has(name))
    .map(([action, count]) => ({ action, count, some: spool.unknown.filter(mail => mail.action === action) }));
}

/** The names that a file has by its includes; null where it has none, or where these are unknown. */
export const ownActions = (conf: SmtpdConf, included: IncludedActions | null = null): ReadonlySet<string> | null =>
  included?.isSure && conf.includes.length > 0 && conf.includes.every(path => path === OWN_LINES)
    ? included.names
    : null;

/** The action of that name; null where smtpd.conf(5) has none. */
export const actionIn = (conf: SmtpdConf, name: string): Action | null =>
  conf.actions.find(one => one.name === name) ?? null;

/**
 * smtpd stores the name of the action with each queued message (envelope.c). An action that queued mail needs is kept under its
 * old name: with the same destination, else with the one that mailtun's file has for that mail; else the change is refused.
 * Pure.
 */

import { type Action, entriesOf, parseSmtpdConf, relayUrl, type SmtpdConf } from '../facts/smtpd-conf.ts';
import type { QueuedEnvelope } from '../facts/smtpd-queue.ts';
import { recipientOf } from '../facts/waiting-mail.ts';
import { type Queued, refuseUnreadable, unclear } from './carried-refusals.ts';
import { toItself, withoutCarried, withSection } from './carried-section.ts';
import { isInwards } from './conf-parts.ts';
import { domainOf } from './neighbours.ts';
import { actionIn, ownActions } from './stranded-mail.ts';

/**
 * The file to have: `wanted` with what the queue needs besides, or `existing` where it is that already but for actions
 * that no mail needs any more.
 * @throws Failure naming the messages for which no action is certain.
 */
export function withCarried(wanted: string, existing: string | null, queued: Queued): string {
  const [now, next] = [parseSmtpdConf(existing ?? ''), parseSmtpdConf(wanted)];
  const own = ownActions(next, queued.included);
  // smtpd refuses two actions of one name: actions that the own lines define now are not kept here.
  const isDouble = now.actions.some(one => own?.has(one.name) && actionIn(next, one.name) === null);
  const rest = existing === null || isDouble ? null : withoutCarried(existing);
  const coming = stillComing(now, next).filter(name => !own?.has(name));
  if (queued.spool.isEmpty) {
    if (rest === wanted && existing !== null) return existing;
    return withSection(wanted, linesFor(coming, now, next, queued));
  }
  refuseUnreadable(now, next, queued);
  // An included file may have actions of its own, which stay as long as it is included.
  const elsewhere = now.includes.length > 0 && now.includes.every(path => next.includes.includes(path));
  const isNeeded = (name: string): boolean => (own ? !own.has(name) : !elsewhere || actionIn(now, name) !== null);
  const needed = [...queued.spool.counts.keys()].filter(isNeeded);
  const missing = needed.filter(name => actionIn(next, name) === null);
  const lost = [
    ...missing.filter(name => lineFor(name, now, next, queued) === null),
    ...redirected(needed, now, next, queued),
  ];
  if (lost.length > 0) throw unclear(lost, queued);
  if (existing !== null && rest === wanted && missing.every(name => actionIn(now, name) !== null)) return existing;
  return withSection(wanted, linesFor([...missing, ...coming], now, next, queued));
}

const linesFor = (names: readonly string[], now: SmtpdConf, next: SmtpdConf, queued: Queued): readonly string[] =>
  [...new Set(names)].toSorted().flatMap(name => lineFor(name, now, next, queued) ?? []);

/**
 * Actions of the current file that have other names in the new one: mail that arrives between reading the queue and the
 * restart is queued for them as well.
 */
const stillComing = (now: SmtpdConf, next: SmtpdConf): readonly string[] =>
  now.actions.some(one => one.host !== null)
    ? now.matches.flatMap(({ action }) => (action !== null && actionIn(next, action) === null ? [action] : []))
    : [];

/** The statement for an old name; null if it is not certain. */
function lineFor(name: string, now: SmtpdConf, next: SmtpdConf, queued: Queued): string | null {
  if (!/^[\w.:+-]+$/.test(name)) return null;
  const old = actionIn(now, name);
  if (old && old.method !== 'relay') return localLine(old, next);
  const same = old && next.actions.find(one => one.method === 'relay' && sameWay(one, next, old, now));
  const successor = same ?? successorOf(name, now, next, queued);
  if (!successor) return null;
  const isHandedOn = old !== null || queued.spool.unknown.some(mail => mail.action === name && mail.agent === 'mta');
  return isHandedOn && successor.method !== 'relay' ? toItself(name) : named(successor.raw, name);
}

const named = (raw: string, name: string): string => raw.replace(/^action ("[^"]*"|\S+)/, `action "${name}"`);

/** What is queued has been expanded: its alias table is asked no more, so any will do (lka_session.c, mda.c). */
function localLine(old: Action, next: SmtpdConf): string | null {
  const has = (use: Action['alias']): boolean =>
    use === null || 'entries' in use || next.tables.some(table => table.name === use.table);
  if (old.unread.length > 0 || !has(old.userbase) || old.method === 'unknown') return null;
  if (has(old.alias) && has(old.virtual)) return named(old.raw, old.name);
  const aliases = next.tables.some(table => table.name === 'aliases') ? ' alias <aliases>' : '';
  return named(old.raw, old.name).replace(/ (alias|virtual) <[^>]*>/, aliases);
}

const urlsOf = (action: Action, conf: SmtpdConf) =>
  entriesOf(action.host ?? action.domain, conf).map(([key, value]) => relayUrl(value ?? key));

/** The hosts of a relay action; none: by MX records. */
const destinationsOf = (action: Action, conf: SmtpdConf): readonly string[] =>
  urlsOf(action, conf)
    .map(({ host, port }) => `${host} ${port ?? ''}`)
    .toSorted();

function sameWay(one: Action, oneConf: SmtpdConf, other: Action, otherConf: SmtpdConf): boolean {
  if ((one.host === null) !== (other.host === null) || (one.domain === null) !== (other.domain === null)) return false;
  const [a, b] = [destinationsOf(one, oneConf), destinationsOf(other, otherConf)];
  return a.join() === b.join() && (one.host === null || a.length > 0);
}

type Mail = Pick<QueuedEnvelope, 'agent' | 'recipient'>;

/** The one action to which the new file leads all mail of that name; null where mails differ, or too few are known. */
function successorOf(name: string, now: SmtpdConf, next: SmtpdConf, queued: Queued): Action | null {
  const waiting = queued.spool.unknown.filter(mail => mail.action === name);
  if (waiting.length < (queued.spool.counts.get(name) ?? 0)) return null;
  const mails = waiting.length > 0 ? waiting : mailOf(name, now);
  if (mails.length === 0) return null;
  const isKnown = now.includes.length === 0 && !queued.included;
  const old = actionIn(now, name) ?? (isKnown ? null : undefined);
  const found = new Set(mails.filter(mail => mail.agent !== 'bounce').map(mail => nextAction(mail, old, next, queued)));
  const [only = actionIn(next, 'local_mail')] = found;
  return found.size > 1 ? null : only;
}

/** Mail that a file would queue under a name, as far as its rules list the recipients. */
const mailOf = (name: string, conf: SmtpdConf): readonly Mail[] =>
  conf.matches
    .filter(({ action }) => action === name)
    .flatMap(({ rcptTo }) => (rcptTo === null ? [] : entriesOf(rcptTo.of, conf)))
    .map(([recipient]) => ({ agent: 'mta', recipient }));

/** @param old undefined: what an included file did with the mail is unknown. */
function nextAction(
  mail: Mail,
  old: Action | null | undefined,
  next: SmtpdConf,
  { host, domains, addresses }: Queued,
): Action | null {
  if (mail.agent === 'mda') return actionIn(next, 'local_mail');
  const domain = domainOf(mail.recipient);
  // Behind the relay all outbound mail goes to the relay; on the relay it may be for a host of the admin's own.
  if (!domains.includes(domain)) return (host.role === 'relay' && old?.host) || old === undefined ? null : wayOut(next);
  const rule = next.matches.find(
    one =>
      one.for.kind === 'domain' &&
      one.action !== null &&
      holds(one.for.of, domain, next) &&
      (one.rcptTo === null || holds(one.rcptTo.of, mail.recipient, next)),
  );
  // A gateway that no longer serves a recipient sends the mail back to the relay, which knows the new route.
  if (!rule && host.role === 'gateway' && !host.domains.includes(domain))
    return addresses.has(recipientOf(mail.recipient)) ? wayOut(next) : null;
  return rule?.action ? actionIn(next, rule.action) : null;
}

const holds = (use: Action['alias'], value: string, conf: SmtpdConf): boolean =>
  entriesOf(use, conf).some(([key]) => [value.toLowerCase(), recipientOf(value)].includes(key.toLowerCase()));

/** The action for outbound mail: that of the last rule. */
function wayOut(next: SmtpdConf): Action | null {
  const rule = next.matches.findLast(one => one.from.kind === 'local' && one.for.kind === 'any' && one.action !== null);
  return rule?.action ? actionIn(next, rule.action) : null;
}

/**
 * Names that lead elsewhere in the new file although the old destination is still there under another name, or although their
 * mail is not for the host that has the name now: it would refuse that mail.
 */
function redirected(needed: readonly string[], now: SmtpdConf, next: SmtpdConf, queued: Queued): readonly string[] {
  return needed.filter(name => {
    const [old, one] = [actionIn(now, name), actionIn(next, name)];
    if (!old || !one || old.host === null) return false;
    const isSame = sameWay(one, next, old, now);
    if (isSame && !isOfOther(one, next, queued)) return false;
    const isElsewhere = (other: Action): boolean =>
      other.host !== null && other.name !== name && sameWay(other, next, old, now);
    return (!isSame && next.actions.some(isElsewhere)) || (isInwards(name) && hasOthers(one, next, old, queued));
  });
}

/** Whether the host that an action relays to will be another one under the same name. */
function isOfOther(action: Action, conf: SmtpdConf, { leads }: Queued): boolean {
  return urlsOf(action, conf).some(({ host }) => {
    const [before = null, after = null] = leads?.(host) ?? [];
    return before !== null && after !== null && before !== after;
  });
}

/** Whether mail of the inventory's domains that waits for an action may have another one in the new file. */
function hasOthers(one: Action, next: SmtpdConf, old: Action, queued: Queued): boolean {
  const waiting = queued.spool.unknown.filter(({ action }) => action === one.name);
  const inbound = waiting.filter(
    ({ agent, recipient }) => agent !== 'bounce' && queued.domains.includes(domainOf(recipient)),
  );
  return (
    waiting.length < (queued.spool.counts.get(one.name) ?? 0) ||
    inbound.some(mail => nextAction(mail, old, next, queued) !== one)
  );
}

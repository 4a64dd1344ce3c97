/**
 * smtpd stores the name of the action with each queued message (envelope.c). An action that queued mail needs is kept under its
 * old name: with the same destination, else with the one that mailtun's file has for that mail; else the change is refused. Where
 * another host has that name by now, the action for its mail gets another one.
 * Pure.
 */

import { type Action, parseSmtpdConf, type SmtpdConf } from '../facts/smtpd-conf.ts';
import { hasOthers, isListed, isOverdue, isSameWay, type Replaced, successorOf } from './carried-destinations.ts';
import { type Queued, refuseUnreadable, unclear } from './carried-refusals.ts';
import {
  otherNamesIn,
  toItself,
  withOtherName,
  withoutCarried,
  withoutOtherNames,
  withSection,
} from './carried-section.ts';
import { isInwards } from './conf-parts.ts';
import { actionIn, ownActions } from './stranded-mail.ts';

/**
 * The file to have: `wanted` with what the queue needs besides, or `existing` where it is that already but for actions
 * that no mail needs any more.
 * @throws Failure naming the messages for which no action is certain.
 */
export function withCarried(wanted: string, existing: string | null, queued: Queued): string {
  const [now, plain] = [parseSmtpdConf(existing ?? ''), parseSmtpdConf(wanted)];
  const own = ownActions(plain, queued.included);
  if (!queued.spool.isEmpty) refuseUnreadable(now, plain, queued);
  const needed = neededIn(now, plain, queued);
  // smtpd refuses two actions of one name: actions that the own lines define now are not kept here.
  const isDouble = now.actions.some(one => own?.has(one.name) && actionIn(plain, one.name) === null);
  if (existing !== null && !isDouble && isEnough(existing, wanted, needed, queued)) return existing;
  const taken = redirected(needed, { now, next: plain, queued });
  const held = taken.filter(name => !isInwards(name) || mayUse(queued, name));
  const text = taken.reduce(
    (conf, name) => withOtherName(conf, name, otherName(name, { now, next: plain, queued })),
    wanted,
  );
  const all = { now, next: parseSmtpdConf(text), queued };
  const missing = needed.filter(name => actionIn(all.next, name) === null);
  const lost = missing.filter(name => held.includes(name) || lineFor(name, all) === null);
  if (lost.length > 0) throw unclear(lost, queued);
  const coming = stillComing(all).filter(name => !own?.has(name));
  const lines = [...new Set([...missing, ...coming])].toSorted().flatMap(name => lineFor(name, all) ?? []);
  return withSection(text, lines);
}

/** The names under which mail waits that the file itself has to have. */
function neededIn(now: SmtpdConf, next: SmtpdConf, { spool, included }: Queued): readonly string[] {
  const own = ownActions(next, included);
  // An included file may have actions of its own, which stay as long as it is included.
  const elsewhere = now.includes.length > 0 && now.includes.every(path => next.includes.includes(path));
  const isNeeded = (name: string): boolean => (own ? !own.has(name) : !elsewhere || actionIn(now, name) !== null);
  return [...spool.counts.keys()].filter(isNeeded);
}

/** Whether a file is the wanted one but for its carried actions and other names, and all mail has its action there. */
function isEnough(existing: string, wanted: string, needed: readonly string[], queued: Queued): boolean {
  const rest = withoutCarried(existing);
  if (withoutOtherNames(rest) !== wanted) return false;
  const now = parseSmtpdConf(existing);
  return (
    needed.every(name => actionIn(now, name) !== null) &&
    !otherNamesIn(rest).some(name => mayUse(queued, name)) &&
    redirected(needed, { now, next: now, queued }).length === 0
  );
}

/** Whether the own lines have a rule for the action of that name, which a macro may stand for. */
const mayUse = ({ included }: Queued, name: string): boolean =>
  [...(included?.used ?? [])].some(used => used === name || used.startsWith('$'));

/** For the action of a host whose plain name other mail needs: the one that it has, or one that nothing has. */
function otherName(name: string, all: Replaced): string {
  const action = actionIn(all.next, name);
  const isFree = (other: string): boolean => {
    const before = actionIn(all.now, other);
    if (before === null) return !all.queued.spool.counts.has(other);
    return action !== null && isSameWay(action, before, all);
  };
  for (let number = 2; ; number += 1) if (isFree(`${name}+${number}`)) return `${name}+${number}`;
}

/**
 * Actions of the current file that have other names in the new one: mail that arrives between reading the queue and the
 * restart is queued for them as well.
 */
const stillComing = ({ now, next }: Replaced): readonly string[] =>
  now.actions.some(one => one.host !== null)
    ? now.matches.flatMap(({ action }) => (action !== null && actionIn(next, action) === null ? [action] : []))
    : [];

/** The statement for an old name; null if it is not certain. */
function lineFor(name: string, all: Replaced): string | null {
  if (!/^[\w.:+-]+$/.test(name)) return null;
  const old = actionIn(all.now, name);
  if (old && old.method !== 'relay') return localLine(old, all.next);
  const same = old && all.next.actions.find(one => one.method === 'relay' && isSameWay(one, old, all));
  const isKept = same && !isOverdue(name, same, all);
  const successor = isKept ? same : successorOf(name, all, Boolean(same));
  if (!successor) return isListed(name, all) ? toItself(name) : null;
  const { unknown } = all.queued.spool;
  const isHandedOn = old !== null || unknown.some(mail => mail.action === name && mail.agent === 'mta');
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

/**
 * Names that lead elsewhere in the new file although the old destination is still there under another name, or although their
 * mail is not for the host that has the name now: it would refuse that mail. So are those under which it waits too long.
 */
function redirected(needed: readonly string[], all: Replaced): readonly string[] {
  return needed.filter(name => {
    const [old, one] = [actionIn(all.now, name), actionIn(all.next, name)];
    if (!old || !one || old.host === null) return false;
    if (isSameWay(one, old, all)) return !mayUse(all.queued, name) && isOverdue(name, one, all);
    const isElsewhere = (other: Action): boolean => other.host !== null && isSameWay(other, old, all);
    return all.next.actions.some(isElsewhere) || (isInwards(name) && hasOthers(one, old, all));
  });
}

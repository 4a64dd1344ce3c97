/** Where queued mail goes in a file: the hosts that an action leads to, and the action that the new file has for a mail. Pure. */

import { type Action, entriesOf, relayUrl, type SmtpdConf } from '../facts/smtpd-conf.ts';
import type { QueuedEnvelope } from '../facts/smtpd-queue.ts';
import { recipientOf } from '../facts/waiting-mail.ts';
import type { Queued } from './carried-refusals.ts';
import { toItself } from './carried-section.ts';
import { isInwards, OUTBOUND } from './conf-parts.ts';
import { domainOf } from './neighbours.ts';
import { actionIn } from './stranded-mail.ts';

/** Mail older than this waits; any other is on its way through the host. */
export const WAITS_SECONDS = 60;

/** A file that is replaced while mail waits. */
export interface Replaced {
  readonly now: SmtpdConf;
  readonly next: SmtpdConf;
  readonly queued: Queued;
}

const urlsOf = (action: Action, conf: SmtpdConf) =>
  entriesOf(action.host ?? action.domain, conf).map(([key, value]) => relayUrl(value ?? key));

/** The hosts of a relay action; none: by MX records. */
const destinationsOf = (action: Action, conf: SmtpdConf): readonly string[] =>
  urlsOf(action, conf)
    .map(({ host, port }) => `${host} ${port ?? ''}`)
    .toSorted();

/** Whether a relay action of the new file leads to the hosts of one of the current file. */
export function isSameWay(one: Action, old: Action, { now, next, queued }: Replaced): boolean {
  if ((one.host === null) !== (old.host === null) || (one.domain === null) !== (old.domain === null)) return false;
  const [after, before] = [destinationsOf(one, next), destinationsOf(old, now)];
  if (after.join() !== before.join()) return isSameHost(one, old, { now, next, queued });
  return (one.host === null || after.length > 0) && !isOfOther(one, next, queued);
}

/** Whether the one host that mail goes inwards to has another name by now; any host will do for outbound mail. */
function isSameHost(one: Action, old: Action, { now, next, queued }: Replaced): boolean {
  if (!isInwards(old.name)) return false;
  const [[after, ...others], [before, ...more]] = [urlsOf(one, next), urlsOf(old, now)];
  if (!after || !before || others.length + more.length > 0 || after.port !== before.port) return false;
  const [was = null] = queued.leads?.(before.host) ?? [];
  return was !== null && was === queued.leads?.(after.host)[1];
}

/** Whether the host that an action relays to will be another one under the same name. */
const isOfOther = (action: Action, conf: SmtpdConf, { leads }: Queued): boolean =>
  urlsOf(action, conf).some(({ host }) => {
    const [before = null, after = null] = leads?.(host) ?? [];
    return before !== null && after !== null && before !== after;
  });

type Mail = Pick<QueuedEnvelope, 'agent' | 'recipient'>;

/**
 * The one action to which the new file leads all mail of that name; null where mails differ, or too few are known.
 * @param isUsed mail that comes until smtpd is restarted may be for others than what waits.
 */
export function successorOf(name: string, { now, next, queued }: Replaced, isUsed: boolean): Action | null {
  if (!isKnown(name, queued)) return null;
  const isWaiting = queued.spool.counts.has(name);
  const coming = isUsed || !isWaiting ? mailOf(name, now) : [];
  if (!isWaiting && coming.length === 0) return null;
  const mails = [...waitingFor(name, queued), ...coming];
  const isAlone = now.includes.length === 0 && !queued.included;
  const old = actionIn(now, name) ?? (isAlone ? null : undefined);
  const found = new Set(mails.map(mail => nextAction(mail, old, next, queued)));
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
  { host, domains, addresses, isOurs = false }: Queued,
): Action | null {
  if (mail.agent === 'mda') return actionIn(next, 'local_mail');
  const domain = domainOf(mail.recipient);
  const listed = byRule(mail, next);
  if (listed) return listed;
  // Behind the relay all outbound mail goes to the relay; on the relay it may be for a host of the admin's own, unless it was a
  // gateway or a workstation, which had the action from mailtun.
  const isAdmins = host.role === 'relay' && Boolean(old?.host) && !(isOurs && old?.name === OUTBOUND);
  if (!domains.includes(domain)) return isAdmins || old === undefined ? null : wayOut(next);
  // A gateway that no longer serves a recipient sends the mail back to the relay, which knows the new route.
  const isElsewhere = host.role === 'gateway' && !host.domains.includes(domain);
  return isElsewhere && addresses.has(recipientOf(mail.recipient)) ? wayOut(next) : null;
}

/** The action of the rule that names its recipient. */
function byRule({ recipient }: Mail, next: SmtpdConf): Action | null {
  const rule = next.matches.find(
    one =>
      one.for.kind === 'domain' &&
      one.action !== null &&
      holds(one.for.of, domainOf(recipient), next) &&
      (one.rcptTo === null || holds(one.rcptTo.of, recipient, next)),
  );
  return rule?.action ? actionIn(next, rule.action) : null;
}

const holds = (use: Action['alias'], value: string, conf: SmtpdConf): boolean =>
  entriesOf(use, conf).some(([key]) => [value.toLowerCase(), recipientOf(value)].includes(key.toLowerCase()));

/** The action for outbound mail: that of the last rule. */
function wayOut(next: SmtpdConf): Action | null {
  const rule = next.matches.findLast(one => one.from.kind === 'local' && one.for.kind === 'any' && one.action !== null);
  return rule?.action ? actionIn(next, rule.action) : null;
}

const waitingFor = (name: string, { spool }: Queued): readonly QueuedEnvelope[] =>
  spool.unknown.filter(({ action, agent }) => action === name && agent !== 'bounce');

const isKnown = (name: string, { spool }: Queued): boolean =>
  spool.unknown.filter(({ action }) => action === name).length === (spool.counts.get(name) ?? 0);

/** Whether mail that waits for an action of the new file may have another one there. */
export const hasOthers = (one: Action, old: Action, { next, queued }: Replaced): boolean =>
  !isKnown(one.name, queued) || waitingFor(one.name, queued).some(mail => nextAction(mail, old, next, queued) !== one);

/** Whether a rule of the new file names each recipient of mail inwards under a name: smtpd can sort it out itself. */
export function isListed(name: string, { next, queued }: Replaced): boolean {
  const waiting = waitingFor(name, queued);
  const isSure = isInwards(name) && waiting.length > 0 && isKnown(name, queued);
  return isSure && waiting.every(mail => byRule(mail, next) !== null);
}

/**
 * Whether mail inwards has waited under a name for the host of an action while its recipients have another one: the host may
 * take it no more, and wait in turn until it has left. Mail that is on its way is not touched.
 */
export function isOverdue(name: string, to: Action, all: Replaced): boolean {
  const { next, queued } = all;
  const place = destinationsOf(to, next).join();
  const hasWaited = ({ created }: QueuedEnvelope): boolean => queued.now / 1000 - created > WAITS_SECONDS;
  const isElsewhere = (mail: QueuedEnvelope): boolean => {
    const action = byRule(mail, next);
    return action !== null && destinationsOf(action, next).join() !== place;
  };
  if (to.raw === toItself(name) || !isListed(name, all)) return false;
  return waitingFor(name, queued).some(mail => hasWaited(mail) && isElsewhere(mail));
}

/** Why smtpd.conf is not changed on a host: queued mail needs what the new one does not have. Pure. */

import type { SmtpdConf } from '../facts/smtpd-conf.ts';
import type { IncludedActions } from '../facts/smtpd-included.ts';
import type { QueuedEnvelope, Spool } from '../facts/smtpd-queue.ts';
import type { Host } from '../hosts/fleet.ts';
import { Failure } from '../run/failure.ts';

/** What waits on a host when its smtpd.conf is about to change. */
export interface Queued {
  readonly host: Host;
  readonly spool: Spool;
  /** The inventory's domains: mail for these is inbound. */
  readonly domains: readonly string[];
  /** Every recipient's address. */
  readonly addresses: ReadonlySet<string>;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The actions of the host's own lines; null without own lines. */
  readonly included?: IncludedActions | null;
  /** Whether the file that is replaced is one of mailtun's. */
  readonly isOurs?: boolean;
  /** The host of the inventory that a name leads to now, and the one that it will lead to; null where that is unknown. */
  readonly leads?: (name: string) => readonly [string | null, string | null];
}

/** What to do where the queue has to be empty. */
export const DELIVER_FIRST = 'deliver queued mail first: smtpctl schedule all; smtpctl show queue';

/** @throws Failure where the new file can't read what is queued: compressed or encrypted (smtpd.conf(5), queue). */
export function refuseUnreadable(now: SmtpdConf, next: SmtpdConf, { host, spool }: Queued): void {
  const option = now.others.find(one => /^queue (compression|encryption)/.test(one) && !next.others.includes(one));
  // Of envelopes that are stored so, no action can be read; the option may be in an included file.
  const [file] = spool.counts.size === 0 && next.includes.length === 0 ? now.includes : [];
  const form = option ?? (file === undefined ? undefined : `include "${file}"`);
  if (form === undefined) return;
  throw new Failure(
    'queue-not-empty',
    `mail is queued under \`${form}\`, which the new smtpd.conf does not have`,
    host.name,
    DELIVER_FIRST,
  );
}

/** Names the mails: ids, senders, recipients and ages of some of the mails; never their text. */
export function unclear(names: readonly string[], { host, spool, now }: Queued): Failure {
  return withoutAction(host.name, 'the new smtpd.conf would not have', {
    actions: names,
    count: names.reduce((sum, name) => sum + (spool.counts.get(name) ?? 0), 0),
    some: spool.unknown
      .filter(mail => names.includes(mail.action))
      .map(mail => `${mailIn(mail)}, ${Math.max(0, Math.floor((now / 1000 - mail.created) / 3600))} h old`),
  });
}

/**
 * Queued mail for whose actions there would be no statement.
 * @param which ends the sentence: `the new smtpd.conf would not have`.
 */
export function withoutAction(
  where: string,
  which: string,
  lost: { readonly actions: readonly string[]; readonly count: number; readonly some: readonly string[] },
): Failure {
  const { count } = lost;
  const actions = lost.actions.map(name => `"${name}"`).join(', ');
  const some = lost.some.slice(0, 5);
  const shown = some.length > 0 ? ` (${some.join('; ')}${count > some.length ? '; …' : ''})` : '';
  return new Failure(
    'queue-not-empty',
    `${count} queued ${count === 1 ? 'message needs' : 'messages need'} an action that ${which}: ${actions}${shown}`,
    where,
    'run this again: mail on its way is gone within seconds; what waits has to be delivered (smtpctl schedule all) or removed (smtpctl remove ID) first; the file of a removed message may stay until smtpd stops trying its destination, for seconds or minutes',
  );
}

/** Its id, sender and recipient. */
export const mailIn = ({ evpid, sender, recipient }: QueuedEnvelope): string =>
  `${evpid} from <${sender}> to <${recipient}>`;

/** The same, and when it was queued, by its host's clock. */
export const datedMailIn = (mail: QueuedEnvelope): string =>
  `${mailIn(mail)}, queued ${new Date(mail.created * 1000).toISOString().slice(0, 16)}Z`;

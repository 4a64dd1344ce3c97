/** Why smtpd.conf is not changed on a host: queued mail needs what the new one does not have. Pure. */

import type { SmtpdConf } from '../facts/smtpd-conf.ts';
import type { IncludedActions } from '../facts/smtpd-included.ts';
import type { Spool } from '../facts/smtpd-queue.ts';
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
}

/** @throws Failure where the new file can't read what is queued: compressed or encrypted (smtpd.conf(5), queue). */
export function refuseUnreadable(now: SmtpdConf, next: SmtpdConf, { host }: Queued): void {
  const form = now.others.find(one => /^queue (compression|encryption)/.test(one) && !next.others.includes(one));
  if (form === undefined) return;
  throw new Failure(
    `mail is queued under \`${form}\`, which the new smtpd.conf does not have`,
    host.name,
    'deliver queued mail first: smtpctl schedule all; smtpctl show queue',
  );
}

/** Names the mails: ids, senders, recipients and ages of some of the mails; never their text. */
export function unclear(names: readonly string[], { host, spool, now }: Queued): Failure {
  const mails = spool.unknown.filter(mail => names.includes(mail.action));
  const count = names.reduce((sum, name) => sum + (spool.counts.get(name) ?? 0), 0);
  const some = mails.slice(0, 5).map(mail => {
    const hours = Math.max(0, Math.floor((now / 1000 - mail.created) / 3600));
    return `${mail.evpid} from <${mail.sender}> to <${mail.recipient}>, ${hours} h old`;
  });
  const actions = names.map(name => `"${name}"`).join(', ');
  return new Failure(
    `${count} queued ${count === 1 ? 'message needs' : 'messages need'} an action that the new smtpd.conf would not have: ${actions}${some.length > 0 ? ` (${some.join('; ')}${mails.length > 5 ? '; …' : ''})` : ''}`,
    host.name,
    'deliver them first (smtpctl schedule all) or remove them (smtpctl remove ID), then run this again; the file of a removed message may stay until smtpd stops trying its destination, for seconds or minutes',
  );
}

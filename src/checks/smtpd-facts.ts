/** smtpd(8) of one host and its queue, as data. */

import { MISSING_LOGINS, type MissingLogin } from '../facts/missing-logins.ts';
import { LISTENERS, type Listener } from '../facts/netstat.ts';
import { serviceState } from '../facts/service-state.ts';
import { QUEUE, type QueuedMail, type QueueTotal } from '../facts/smtpctl-queue.ts';
import { type MailRoute, ROUTES } from '../facts/smtpctl-routes.ts';
import { SMTPD_STATUS, type SmtpdStatus } from '../facts/smtpctl-status.ts';
import { spoolOf } from '../facts/smtpd-queue.ts';
import { familyOf } from '../hosts/addresses.ts';
import type { Host } from '../hosts/fleet.ts';
import { type Observed, textOf } from '../run/resource.ts';
import { CONF } from '../tasks/in-force.ts';
import { includedActions } from '../tasks/own-lines.ts';
import { listensOn } from '../tasks/smtpd-standing.ts';
import { type StrandedMail, strandedIn } from '../tasks/stranded-mail.ts';

/** smtpd and its queue. */
export interface SmtpdFacts {
  readonly running: boolean;
  /** Null where smtpd did not answer smtpctl. */
  readonly status: SmtpdStatus | null;
  /** The last 2000 envelopes. */
  readonly queue: readonly QueuedMail[];
  /** Count and age of the whole queue. */
  readonly queued: QueueTotal;
  /** Envelopes in the spool whose action smtpd.conf does not have: smtpctl shows nothing of them. */
  readonly stranded: readonly StrandedMail[];
  /** Users that queued mail is for and that do not exist. */
  readonly missingLogins: readonly MissingLogin[];
  readonly routes: readonly MailRoute[];
  readonly listeners: readonly Listener[];
  /** Addresses that its configuration listens on. */
  readonly listensOn: readonly string[];
}

/** From the answers to `healthQuestions` and to those of smtpd's resources. */
export function smtpdFacts(host: Host, observed: Observed): SmtpdFacts {
  const queue = observed.get(QUEUE);
  const conf = textOf(observed, CONF);
  return {
    running: observed.get(serviceState('smtpd')).isRunning,
    status: observed.get(SMTPD_STATUS),
    queue: queue.mails,
    queued: queue.total ?? { count: 0, oldest: null },
    stranded: strandedIn(conf, observed.get(spoolOf([])), includedActions(host, observed)),
    missingLogins: observed.get(MISSING_LOGINS),
    routes: observed.get(ROUTES),
    listeners: observed.get(LISTENERS),
    listensOn: listensOn(observed).filter(on => familyOf(on) !== null),
  };
}

/** Whether smtpd reads what is in its queue. Pure. */

import { UNREAD_MAIL } from '../facts/queue-form.ts';
import { plural } from '../run/plural.ts';
import { CONF } from '../tasks/in-force.ts';
import { OWN_LINES } from '../tasks/own-lines.ts';
import type { HostCheck } from './host-check.ts';
import { problem } from './problem.ts';
import { on } from './remedies.ts';

/** Mail that is stored otherwise than the queue options of smtpd.conf(5) say is in no output of smtpctl(8). */
export const unreadQueue: HostCheck = {
  asks: [UNREAD_MAIL],
  problems: ({ host, known }) =>
    known(UNREAD_MAIL).map(({ form, count }) =>
      problem(host, 'mail-unreadable', {
        what: `smtpd on ${host.name} does not read mail in its queue`,
        evidence: `${plural(count, 'message')}, stored in ${form} files, as the queue options of smtpd.conf do not say; smtpctl show queue does not show ${count === 1 ? 'it' : 'them'}`,
        remedy: on(
          host,
          `undo the change of queue compression or queue encryption in ${host.ownLines ? OWN_LINES : CONF}; rcctl restart smtpd`,
        ),
      }),
    ),
};

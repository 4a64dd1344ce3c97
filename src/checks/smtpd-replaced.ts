/** Whether the smtpd that runs is the one that is installed. Pure. */
import { SMTPD_PROGRAM } from '../facts/smtpd-program.ts';
import type { HostCheck } from './host-check.ts';
import { problem } from './problem.ts';
import { on } from './remedies.ts';

/** A patch of smtpd counts once smtpd is restarted. */
export const smtpdReplaced: HostCheck = {
  asks: [SMTPD_PROGRAM],
  problems: ({ host, known }) => {
    const { isNewer, path, stamp } = known(SMTPD_PROGRAM);
    if (!isNewer) return [];
    return [
      problem(host, 'smtpd-replaced', {
        what: `smtpd on ${host.name} was started before its program was replaced, so the old one still runs`,
        evidence: `${path} is newer than ${stamp}, as after syspatch(8)`,
        remedy: on(host, 'rcctl restart smtpd'),
      }),
    ];
  },
};

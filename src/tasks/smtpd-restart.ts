import type { Host } from '../hosts/fleet.ts';
import { directory } from '../resources/directory.ts';
import { file, MARKED, ofRoot } from '../resources/file.ts';
import type { Resource } from '../run/resource.ts';
import { PAUSE } from './smtpd-pause.ts';

/** Base's own tree has this folder for programs that other programs run (mtree(8), hier(7)). */
export const LIBEXEC = '/usr/local/libexec';

/** That directory; of two tasks with a program in it, the first makes it. */
export const libexec: Resource = directory(LIBEXEC, 'wheel');

/** The path of a program that restarts smtpd(8) from root's crontab. */
export const RESTART = `${LIBEXEC}/mailtun-restart`;

/** Its text: it restarts smtpd(8) as a run does; prints and exits as rcctl(8). */
const RESTART_SCRIPT = `#!/bin/sh
${MARKED}
# Restarts smtpd for a new certificate, from root's crontab, when no mail is in transit: that mail would become two.
# Waits for some seconds at most.
PATH=/bin:/sbin:/usr/bin:/usr/sbin
${PAUSE}
trap resume EXIT
pause
rcctl restart smtpd || exit
trap - EXIT
`;

const program: Resource = file(RESTART, { content: () => RESTART_SCRIPT, ...ofRoot('0555'), accept: ['sh', '-n'] });

/** That program and its folder, where cron fetches certificates; else nothing. */
export const smtpdRestart = (host: Host): readonly Resource[] =>
  host.role === 'relay' && host.certificates.kind === 'acme' ? [libexec, program] : [];

/** Whether the smtpd(8) that runs is older than its program, as after a syspatch(8) that nobody restarted it for. */
import { command } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

/** Since when smtpd runs, and the file it was started from. */
export interface SmtpdProgram {
  /** rc.subr(8) writes this when it starts the daemon. */
  readonly stamp: string;
  readonly path: string;
  /**
   * The program is newer than the start. tar(1), which syspatch uses, keeps the time of the build: what was built before
   * the start and installed after it is not found.
   */
  readonly isNewer: boolean;
}

const STAMP = '/var/run/rc.d/smtpd';
const PROGRAM = '/usr/sbin/smtpd';

/** Asked of the shell alone: no process is started for it. */
export const SMTPD_PROGRAM: Fact<SmtpdProgram> = fact(
  "smtpd's program",
  command('[ -e "$1" ] && [ "$2" -nt "$1" ] && echo newer; exit 0', STAMP, PROGRAM),
  text => ({ stamp: STAMP, path: PROGRAM, isNewer: text.trim() === 'newer' }),
);

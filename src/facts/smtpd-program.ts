/** Whether the running smtpd(8) was started before its program was replaced, as by syspatch(8). */
import { builtins } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

/** When smtpd was started, and from which program. */
interface SmtpdProgram {
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

/** Whether smtpd is older than its program. */
export const SMTPD_PROGRAM: Fact<SmtpdProgram> = fact(
  "smtpd's program",
  builtins('[ -e "$1" ] && [ "$2" -nt "$1" ] && echo newer; return 0', STAMP, PROGRAM),
  text => ({ stamp: STAMP, path: PROGRAM, isNewer: text.trim() === 'newer' }),
);

/** Whether the running smtpd(8) was started before its program was replaced, as by syspatch(8). */
import { builtins } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

/** When smtpd was started, and from which program. */
interface SmtpdProgram {
  /** rc.subr(8) writes this when it starts the daemon. */
  readonly stamp: string;
  readonly path: string;
  /** The program was built, or installed by syspatch(8), after the start. */
  readonly isNewer: boolean;
}

const STAMP = '/var/run/rc.d/smtpd';
const PROGRAM = '/usr/sbin/smtpd';

const PATCHES = '/var/syspatch';

// syspatch(8) keeps the time of the build (install -p), which may be before the start; only the change time of the inode is
// that of the installation. It makes a folder for each patch, so find(1) is run only after one.
const NEWER = `
[ -e "$1" ] || return 0
if [ "$2" -nt "$1" ] || { [ "$3" -nt "$1" ] && [ -n "$(find "$2" -cnewer "$1")" ]; }; then echo newer; fi
`;

/** Whether smtpd is older than its program. */
export const SMTPD_PROGRAM: Fact<SmtpdProgram> = fact(
  "smtpd's program",
  builtins(NEWER, STAMP, PROGRAM, PATCHES),
  text => ({ stamp: STAMP, path: PROGRAM, isNewer: text.trim() === 'newer' }),
);

import { command } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

/** What rcctl(8) writes, and not to the disk. */
export const RC_CONF_LOCAL = '/etc/rc.conf.local';

// rc.subr writes the stamp when it starts a daemon, so an older stamp is a restart that is still due (rc.subr(8)).
const STATE = `
name=$1; shift
if is_lost ${RC_CONF_LOCAL}; then newest_kept ${RC_CONF_LOCAL} >/dev/null && echo lost || echo 'lost for good'; fi
rcctl get "$name" status >/dev/null 2>&1 && echo enabled
/etc/rc.d/"$name" check >/dev/null 2>&1 && echo running
if [ -e "/var/run/rc.d/$name" ]; then find "$@" -newer "/var/run/rc.d/$name" 2>/dev/null; else echo unstamped; fi
exit 0
`;

/** A daemon of the base system. */
export interface ServiceState {
  /** Whether rc.conf.local(8) holds only NUL bytes, as after a power cut, and whether a copy of it is kept. */
  readonly lost: 'no' | 'kept' | 'for good';
  readonly isEnabled: boolean;
  readonly isRunning: boolean;
  /** Started by something else than rc.d(8), so nobody knows when. */
  readonly isUnstamped: boolean;
  /** Files that are younger than its start. */
  readonly stale: readonly string[];
}

/** @param reads files that it reads when it starts. */
export const serviceState = (name: string, reads: readonly string[] = []): Fact<ServiceState> =>
  fact(`service ${name}`, command(STATE, name, ...reads), text => {
    const said = text.split('\n');
    return {
      lost: said.includes('lost for good') ? 'for good' : said.includes('lost') ? 'kept' : 'no',
      isEnabled: said.includes('enabled'),
      isRunning: said.includes('running'),
      isUnstamped: said.includes('unstamped'),
      stale: said.filter(line => line.startsWith('/')),
    };
  });

/** Daemons: how they are kept and restored. */
import { STOPPED_FILE } from '../run/prelude.ts';
import type { KeptKind } from '../run/rollback.ts';

// A daemon that was running is restarted with its restored files, one that was not is stopped; rc.conf.local is one of the
// files.
const restore = (named: string, pauses: string): string => `
${pauses}
_rest() { [ "$1" != ${named} ] || pause; }
restore_service() {
  local tries=20
  # Of what has ended already, rc.subr(8) leaves the stamp, which says that nobody has stopped it.
  if [ "$2" = stopped ]; then _rest "$1"; rcctl stop "$1" >/dev/null; rm -f "/var/run/rc.d/$1"; return; fi
  while [ "$(sysctl -n net.inet6.ip6.dad_pending)" != 0 ] && [ $tries -gt 0 ]; do sleep 0.25; tries=$((tries - 1)); done
  _rest "$1"
  _rcctl -f restart "$1" >/dev/null || { resume; complain "rcctl restart $1 failed"; return; }
  tries=8
  while [ $tries -gt 0 ]; do
    rcctl check "$1" >/dev/null || { complain "$1 exited after its start; see its log"; return; }
    sleep 0.25; tries=$((tries - 1))
  done
}
`;

/**
 * `running` or `stopped`.
 * @param named the daemon that is paused before it is stopped. @param pauses as in DesiredService.
 */
export const keptService = (named: string, pauses: string): KeptKind => ({
  name: 'service',
  // What an undo has stopped for a moment runs.
  keep: `{ [ "$3" = ${named} ] && [ -e ${STOPPED_FILE} ]; } || /etc/rc.d/"$3" check >/dev/null 2>&1 && state=running || state=stopped`,
  restore: restore(named, pauses),
});

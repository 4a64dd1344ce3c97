/** Daemons as they were. */
import type { KeptKind } from '../run/rollback.ts';

// A daemon that was running starts again with what it reads now, one that was not is stopped; rc.conf.local is among the
// files.
const restore = (named: string, pauses: string): string => `
${pauses}
_rest() { [ "$1" != ${named} ] || pause; }
restore_service() {
  local tries=20
  if [ "$2" = stopped ]; then _rest "$1"; rcctl stop "$1" >/dev/null; return; fi
  while [ "$(sysctl -n net.inet6.ip6.dad_pending)" != 0 ] && [ $tries -gt 0 ]; do sleep 0.25; tries=$((tries - 1)); done
  _rest "$1"
  _rcctl -f restart "$1" >/dev/null || { resume; complain "rcctl restart $1 failed"; return; }
  tries=8
  while [ $tries -gt 0 ]; do
    rcctl check "$1" >/dev/null || { complain "$1 started and died; see its log"; return; }
    sleep 0.25; tries=$((tries - 1))
  done
}
`;

/**
 * `running` or `stopped`.
 * @param named the daemon that is brought to rest before it ends. @param pauses as in a ServiceWish.
 */
export const keptService = (named: string, pauses: string): KeptKind => ({
  name: 'service',
  keep: 'rcctl check "$3" >/dev/null 2>&1 && state=running || state=stopped',
  restore: restore(named, pauses),
});

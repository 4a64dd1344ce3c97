/** The start of a daemon: its script on the host. */
import { IS_RUNNING } from '../facts/service-state.ts';
import { LOCK_DIRECTORY } from '../run/prelude.ts';

const FUNCTIONS = `
# syslogd(8) may write the reason after the daemon has ended. A log that has become shorter was turned over by newsyslog(8).
explain() {
  local lines before= tries=20
  while lines=$(wc -l 2>/dev/null <"$log" || echo 0); [ $tries -gt 0 ] && { [ $lines -eq $said ] || [ "$lines" != "$before" ]; }; do
    before=$lines tries=$((tries - 1))
    sleep 0.1
  done
  if [ $lines -ge $said ]; then tail -n +$((said + 1)) "$log"
  else { tail -n +$((said + 1)) "$log.0"; cat "$log"; } 2>/dev/null
  fi | tail -n 5 >&2
  complain "$1"
  exit 1
}
until_listening() {
  local tries
  while [ $# -gt 0 ]; do
    tries=160
    until nc -z -w 1 "$1" "$2" >/dev/null 2>&1; do
      # It costs more than the other question.
      [ $((tries % 5)) -ne 4 ] || [ $tries -gt 150 ] || runs || explain "$name exited after its start"
      tries=$((tries - 1))
      [ $tries -gt 0 ] || explain "$name does not listen on $1 port $2"
      if [ $tries -gt 150 ]; then sleep 0.02; else sleep 0.1; fi
    done
    shift 2
  done
}
`;

/**
 * A script that restarts a daemon and waits until it listens.
 * A daemon whose address is still tentative exits after rcctl has printed ok, so the script first waits for addresses, and
 * afterwards for its listeners; both waits are bounded. rc.subr kills a daemon that does not end after 30 s; if even that
 * fails, rcctl may print ok without starting one, which the missing stamp shows (rc.subr). Files from the future (the clock
 * was ahead when they were written) get the current time, or no start would be later.
 * Arguments: its name, its log, the number of files that it reads, these files, and ADDRESS PORT for each listener.
 * @param pauses functions `pause` and `resume`, see `DesiredService`.
 */
export const restartScript = (pauses: string): string => `
pause() { :; }
resume() { :; }
${pauses}
name=$1 log=$2 count=$3; shift 3
${IS_RUNNING}runs() { local started; is_running "$name"; }
if runs; then keep_running service "$name" running; else keep_running service "$name" stopped; fi || exit
set -A reads --
while [ $count -gt 0 ]; do reads[\${#reads[*]}]=$1 count=$((count - 1)); shift; done
now=${LOCK_DIRECTORY}/now
if print -n >"$now"; then for path in "\${reads[@]}"; do [ ! "$path" -nt "$now" ] || touch "$path"; done; fi 2>/dev/null
tries=20
while [ "$(sysctl -n net.inet6.ip6.dad_pending)" != 0 ] && [ $tries -gt 0 ]; do sleep 0.25; tries=$((tries - 1)); done
said=$(wc -l <"$log" 2>/dev/null || echo 0)
${FUNCTIONS}ended=
trap resume EXIT
pause
# rc.d(8) would check the configuration once more to stop what has ended. What runs for a filter has the name of smtpd and may
# outlast it (fork_filter_process() in smtpd.c): rcctl start would take it for smtpd, and start none.
if [ -n "$ended" ] && ! runs; then action=start; else action=restart; fi
old="rcctl $action $name failed"
_rcctl $action "$name" >/dev/null && old="$name does not exit, not even when it is killed" &&
  [ -e "/var/run/rc.d/$name" ] || { runs && old="$old; the old one still runs"; explain "$old"; }
trap - EXIT
until_listening "$@"
runs || explain "$name exited after its start"
`;

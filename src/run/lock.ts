/** One run at a time on a host: the lock is a directory in /var/run, owned by the shell of a session. */

import { command } from './command.ts';
import { type Answer, type Section, sectionOf } from './exchange.ts';
import { Failure } from './failure.ts';
import { LOCK_DIRECTORY as LOCK, STATE_DIRECTORY } from './prelude.ts';

/** Exit status of the lock's section if another run has the lock: EX_TEMPFAIL of sysexits(3). */
const TAKEN = 75;

/** Number of runs whose replaced files are kept for undo, including the current one. */
const KEPT_RUNS = 10;

// A shell that has been idle for ten minutes belongs to a lost connection; this counts only if the clock was not set
// meanwhile. ksh(1) handles a trapped signal only after the next line that it reads, which never comes: only KILL ends it.
// Only one run at a time removes a dead lock, because a second one would remove the new lock of the first. A run that
// reconnects keeps its lock. What starts a process comes first with its messages shown: a host that cannot start one says so.
const TAKE = `
umask 077
_age() {
  local age=$(($(date +%s) - $(stat -f %m "$1" 2>/dev/null || date +%s)))
  [ $age -ge 0 ] || age=3600 # the clock was set back
  print $age
}
_read() {
  run= pid= identity= since= who=
  { read -r run && read -r pid && read -r identity && read -r since && read -r who; } 2>/dev/null <${LOCK}/owner
}
_own() {
  print -r -- "$MAILTUN_RUN
$$
$me
$(date -u +%Y-%m-%dT%H:%M:%SZ)
$MAILTUN_WHO" >${LOCK}/owner.new && mv -f ${LOCK}/owner.new ${LOCK}/owner
}
_is_dead() {
  if [ -z "$who" ]; then [ "$(_age ${LOCK})" -gt 10 ] && how='which nobody owns'
  elif ! _is "$pid" "$identity"; then how='whose shell is gone'
  else
    _clock_as_at "$identity" && [ "$(_age ${LOCK}/owner)" -gt 600 ] && ! pgrep -P "$pid" >/dev/null && kill -KILL "$pid" &&
      how='whose shell had nothing to do for ten minutes'
  fi
}
_clear() {
  local seen="$run $pid" cleared=1
  if mkdir ${LOCK}.clearing 2>/dev/null; then
    _read
    if [ "$run $pid" = "$seen" ] && { _unstage; rm -rf ${LOCK}; }; then
      cleared=0
      print -r -- "note took over the lock of \${who:-an unknown run} since \${since:-an unknown time}, $how"
    fi
    rmdir ${LOCK}.clearing
  elif [ "$(_age ${LOCK}.clearing)" -gt 60 ]; then rmdir ${LOCK}.clearing
  fi
  return $cleared
}
me=$(_identity $$)
seen=$1 tries=4
until mkdir ${LOCK} 2>/dev/null; do
  _read
  if [ "$run" = "$MAILTUN_RUN" ]; then _own; exit; fi
  _is_dead && _clear || tries=$((tries - 1))
  if [ $tries -le 0 ]; then
    [ -d ${LOCK} ] || { mkdir ${LOCK} && break; [ -d ${LOCK} ] || exit 1; }
    print -r -u2 -- "\${who:-somebody} has been changing it since \${since:-just now} (process \${pid:-unknown} there)"
    exit ${TAKEN}
  fi
  sleep 0.25
done
_own || { rm -rf ${LOCK}; complain '${LOCK}: could not be written; is the disk full?'; exit 1; }
cd ${STATE_DIRECTORY}/undo 2>/dev/null || exit 0
set -- ?*
while [ $# -ge ${KEPT_RUNS} ]; do rm -rf "$1"; shift; done
for last; do :; done
[ -d "$last" ] || last=
[ "$last" = "$seen" ] || echo changed
`;

/**
 * Locks the host until the session ends, and deletes the oldest copies that are kept for undo.
 * @param seen the newest run that had changed something when the host was asked; empty for none.
 */
export const lockSection = (seen: string): Section => sectionOf('step', 'takes the lock', command(TAKE, seen));

/** Exit status of its section on a host that a run has already changed. */
const NOT_BARE = 3;

/** Locks a host that no run has changed yet with the first exchange: saves one there, and costs none on converged hosts. */
export const bareLockSection: Section = sectionOf(
  'ask',
  'takes the lock of a fresh host',
  command(`[ ! -d ${STATE_DIRECTORY} ] || exit ${NOT_BARE}\n${TAKE}`, ''),
);

/** The result of that: `none` if the host has to be locked like any other. */
export const bareLock = (answer: Answer | null | undefined): 'locked' | 'taken' | 'none' =>
  answer?.exit === 0 ? 'locked' : answer?.exit === TAKEN ? 'taken' : 'none';

/** Releases the lock before the session ends. */
export const unlockSection: Section = { label: 'releases the lock', kind: 'ask', script: '_unlock; exit 0' };

/** How the lock was taken. */
interface Locked {
  /** Notes for people: whose lock was taken over. */
  readonly notes: readonly string[];
  /** Another run changed the host between the first exchange and the lock: it has to be asked again. */
  readonly changedMeanwhile: boolean;
}

/** @throws Failure where another run holds the lock. */
export function locked(host: string, answer: Answer | null | undefined): Locked {
  const said = (answer?.stderr.toString('utf8') ?? '').trim();
  if (answer?.exit === TAKEN)
    throw new Failure(
      'lock-held',
      said,
      host,
      'wait until that run has ended and run the same command again; nothing was changed',
    );
  if (answer?.exit !== 0)
    throw new Failure(
      'lock-failed',
      `the lock could not be taken: ${said || `exit status ${answer?.exit ?? 'unknown'}, and no message`}`,
      host,
      `make it possible to write in /var/run on the host (df -i /var/run), and run the same command again; nothing was changed`,
    );
  const lines = answer.stdout.toString('utf8').split('\n');
  return {
    notes: lines.filter(line => line.startsWith('note ')).map(line => line.slice('note '.length)),
    changedMeanwhile: lines.includes('changed'),
  };
}

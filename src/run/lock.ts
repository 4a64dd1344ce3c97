/** One run at a time on a host: a folder in /var/run whose owner is the shell of a session. */

import type { Answer, Section } from './exchange.ts';
import { Failure } from './failure.ts';
import { LOCK_DIRECTORY as LOCK, STATE_DIRECTORY } from './prelude.ts';
import { script } from './quoting.ts';

/** Exit status of the lock's section when somebody else is at work: EX_TEMPFAIL of sysexits(3). */
const TAKEN = 75;

/** Runs whose replaced files are kept for undo, the running one counted. */
const KEPT_RUNS = 10;

// A shell that has had nothing to run for ten minutes belongs to a connection that is gone; minutes count where nobody
// has set the clock meanwhile. ksh(1) heeds a signal it has a trap for only with the next line it reads, which never
// comes: only KILL ends it. Whoever clears a dead lock away does it alone, for a second one would clear away the first
// one's own. A run that reconnects takes its lock along.
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
$(_identity $$)
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
      print -r -- "remark took over the lock of \${who:-nobody} since \${since:-the start}, $how"
    fi
    rmdir ${LOCK}.clearing
  elif [ "$(_age ${LOCK}.clearing)" -gt 60 ]; then rmdir ${LOCK}.clearing
  fi
  return $cleared
}
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
_own || { rm -rf ${LOCK}; exit 1; }
cd ${STATE_DIRECTORY}/undo 2>/dev/null || exit 0
set -- ?*
while [ $# -ge ${KEPT_RUNS} ]; do rm -rf "$1"; shift; done
for last; do :; done
[ -d "$last" ] || last=
[ "$last" = "$seen" ] || echo changed
`;

/**
 * Keeps other runs out until the session ends, and makes room for what this one will keep.
 * @param seen the newest run that had changed something when the host was looked at; empty for none.
 */
export const lockSection = (seen: string): Section => ({
  label: 'takes the lock',
  kind: 'step',
  script: script(TAKE, seen),
});

/** Exit status of its section on a host that a run has changed before. */
const NOT_BARE = 3;

/** The same with the first look, on a host that no run has changed yet: it saves an exchange, and a converged one has none. */
export const bareLockSection: Section = {
  label: 'takes the lock of a fresh host',
  kind: 'ask',
  script: script(`[ ! -d ${STATE_DIRECTORY} ] || exit ${NOT_BARE}\n${TAKE}`, ''),
};

/** What came of it: `none` where the host has to be locked as any other one. */
export const bareLock = (answer: Answer | null | undefined): 'locked' | 'taken' | 'none' =>
  answer?.exit === 0 ? 'locked' : answer?.exit === TAKEN ? 'taken' : 'none';

/** Lets others in before the session ends. */
export const unlockSection: Section = { label: 'releases the lock', kind: 'ask', script: '_unlock; exit 0' };

/** How the lock was taken. */
export interface Locked {
  /** For people: whose lock was taken over. */
  readonly notes: readonly string[];
  /** Somebody changed the host between the look at it and the lock: it has to be looked at again. */
  readonly changedMeanwhile: boolean;
}

/** @throws Failure where another run holds the lock. */
export function locked(host: string, answer: Answer | null | undefined): Locked {
  const said = (answer?.stderr.toString('utf8') ?? '').trim();
  if (answer?.exit === TAKEN)
    throw new Failure(said, host, 'wait until that run has ended and run the same command again; nothing was changed');
  if (answer?.exit !== 0)
    throw new Failure(`the lock could not be taken: ${said}`, host, `find out what is wrong with ${LOCK} on the host`);
  const lines = answer.stdout.toString('utf8').split('\n');
  return {
    notes: lines.filter(line => line.startsWith('remark ')).map(line => line.slice('remark '.length)),
    changedMeanwhile: lines.includes('changed'),
  };
}

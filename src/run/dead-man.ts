/**
 * The dead-man switch: what can cut off access is done while a detached timer on the host waits to put everything back.
 * Only a proof from outside disarms it. Its state is the folder `armed`; whoever renames that folder decides how it ends,
 * so the timer and a run can't both.
 */

import type { Section } from './exchange.ts';
import { STATE_DIRECTORY as STATE } from './prelude.ts';
import { script } from './quoting.ts';
import { restoring } from './restore.ts';
import { type Rollback, savedIn } from './rollback.ts';

/** How long a host waits for the proof before it puts itself back. */
export const DEAD_MAN_SECONDS = 60;

// The verdict is the folder's name, so that a full disk can't keep a host from ending it; and what a boot would read is
// staged beside its target and only renamed here, which needs no room either. `_end HOW [RUN]` ends the switch of that
// run only, this one's where none is named: whoever has taken long over a verdict may find another run's switch there.
const ending = (rollback: Rollback, saved: string): string =>
  [SETTLE, remembering(saved), GIVE_UP, carryingOut(rollback), END, expiring(rollback)].join('');

const SETTLE = `
_word() {
  logger -p daemon.notice -t mailtun "$1"
  print -r -- "$(date -u +%Y-%m-%dT%H:%M:%SZ) $1" >>${STATE}/reverted
}
_settle() {
  local new path old failed=0
  while read -r new path old; do
    [ -e "$new" ] || continue
    [ -z "$old" ] || ln -f "$path" "$old" || failed=1
    mv -f "$new" "$path" || failed=1
  done <"$1/staged"
  return $failed
}
`;

const remembering = (saved: string): string => `
# An interface that was made anew has forgotten its handshakes; that it worked must not be forgotten with them.
_remember() {
  local saved
  for saved in ${saved}; do
    [ ! -s "$saved" ] || { mkdir -p ${STATE}/put-back && cp "$saved" ${STATE}/put-back/; }
  done
}
`;

const GIVE_UP = `
# What could not be put back twice never can be: the run that comes finds what differs, and has a switch of its own.
_give_up() {
  if [ "$1" = revert ] && [ -e "$2/tried" ]; then
    rm -rf ${STATE}/unended && mv "$2" ${STATE}/unended || return
    _word "an interrupted change could not be put back whole; what it had kept is in ${STATE}/unended"
    return 0
  fi
  : >"$2/tried"
  _word "an interrupted change could not be ended whole ($1); see $2"
  return 1
}
`;

const carryingOut = ({ staged }: Rollback): string => `
_carry_out() {
  local from=${STATE}/ending-$1 new path old failed=0
  rm -rf ${STATE}/ended
  # A power cut may have taken the list of what was staged.
  [ "$1" != tidy ] || ! is_lost "$from/staged" || rm -f ${staged.leftovers}
  case $1 in
  keep) rm -rf ${STATE}/put-back;;
  settle) _settle "$from" || failed=1;;
  revert) put_back "$from" || failed=1; run_as_kept "$from" || failed=1; _remember "$from";;
  esac
  [ $failed = 0 ] || { _give_up "$1" "$from"; return; }
  [ ! -f "$from/staged" ] || while read -r new path old; do rm -f "$new"; done <"$from/staged"
  # A part of it would be put back as if the rest had not been there.
  mv "$from" ${STATE}/ended && rm -rf ${STATE}/ended
}
`;

const END = `
_end() {
  local run=
  { read -r run <${STATE}/armed/run; } 2>/dev/null
  [ "$run" = "\${2-$MAILTUN_RUN}" ] && mv ${STATE}/armed "${STATE}/ending-$1" 2>/dev/null || return 3
  _carry_out "$1"
}
take_back() {
  if [ -e ${STATE}/armed/staged ] && [ ! -e ${STATE}/armed/switched ]; then _end tidy; else _end revert; fi
}
`;

const expiring = ({ staged }: Rollback): string => `
expire() {
  local run= who=
  { { read -r run; read -r who; } <${STATE}/armed/run; } 2>/dev/null
  if [ ! -e ${STATE}/armed/staged ]; then
    _end revert "$run" && _word "no proof came that the change of \${who:-an earlier run} left the way in open, so it was put back"
  elif [ ! -e ${STATE}/armed/switched ]; then
    _end tidy "$run" && _word "${staged.what} of \${who:-an earlier run} ended before the switch; ${staged.unswitched}"
  elif switch_works; then
    _end settle "$run" && _word "${staged.what} of \${who:-an earlier run} broke off after the switch; ${staged.kept}"
  else
    _end revert "$run" && _word "${staged.what} of \${who:-an earlier run} broke off and ${staged.undone}"
  fi
}
`;

// A subshell with its own process group: it outlives the session, and a signal to the session's group (recorded; the
// timer looks every second whether it is still wanted, so nothing has to be killed).
const ARM = `
open_switch() {
  local at
  for at in ${STATE}/armed ${STATE}/ending-*; do
    [ ! -d $at ] || { complain 'there is a dead-man switch already; run the same command again'; return; }
  done
  mkdir -p ${STATE}/armed/files && print -r -- "$MAILTUN_RUN
$MAILTUN_WHO" >${STATE}/armed/run
}
arm() {
  [ -d ${STATE}/armed ] || open_switch || return
  set -m
  (
    trap '' HUP
    exec </dev/null >/dev/null 2>&1
    left=$1
    while [ $left -gt 0 ]; do
      sleep 1
      { read -r run && [ "$run" = "$MAILTUN_RUN" ]; } <${STATE}/armed/run || exit 0
      left=$((left - 1))
    done
    expire
  ) &
  print -r -- "$! $(_identity $!)" >${STATE}/armed/timer
}
`;

// A timer that still runs is given a while: the run it belongs to may be on its way back over another connection, and
// what it has begun to end is its own to end. One that comes later than that finds the host put back, and says so.
const HEAL = `
_timer_runs() {
  local pid identity
  read -r pid identity <"$1/timer" && _is "$pid" "$identity"
} 2>/dev/null
_wait_for_timer() {
  local patience=$2
  while [ -d "$1" ] && [ $patience -gt 0 ] && _timer_runs "$1"; do sleep 1; patience=$((patience - 1)); done
  [ -d "$1" ]
}
end_interrupted() {
  local how failed=0
  if _wait_for_timer ${STATE}/armed 8; then expire || [ ! -d ${STATE}/armed ] || failed=1; fi
  for how in keep tidy settle revert; do
    if _wait_for_timer ${STATE}/ending-$how 60; then _carry_out $how || failed=1; fi
  done
  return $failed
}
`;

/** The sections of a switch, and every function above for others that need them. */
export interface DeadMan {
  readonly functions: string;
  /** Arms it for so many seconds; what is kept from now on is what it would put back. */
  readonly arm: (seconds: number) => Section;
  /** Ends it for good, with what was risked in place. Fails where the host has put itself back already. */
  readonly disarm: Section;
  /** Puts back at once what was risked. Exit status 3: nothing was armed any more. */
  readonly revert: Section;
  /** Ends what an earlier run left behind; waits a few seconds where that run's timer is still counting. */
  readonly recover: Section;
}

/** The switch of hosts that can roll back so much. */
export function deadMan(rollback: Rollback): DeadMan {
  const functions = [
    restoring(rollback),
    rollback.staged.works,
    ending(rollback, savedIn('"$1"', rollback)),
    ARM,
    HEAL,
  ].join('\n');
  const step = (label: string, text: string, ...words: readonly string[]): Section => ({
    label,
    kind: 'step',
    script: script(`${functions}\n${text}`, ...words),
  });
  return {
    functions,
    arm: seconds => step('arms the dead-man switch', 'arm "$1"', String(seconds)),
    disarm: step(
      'disarms the dead-man switch',
      `_end keep || { complain 'too late: the host has put itself back'; exit 1; }`,
    ),
    revert: step('puts back what was risked', 'take_back'),
    recover: step('ends what an interrupted run left', 'end_interrupted'),
  };
}

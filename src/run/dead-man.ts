/**
 * The dead-man switch: what can cut off access is done while a detached timer on the host waits to put everything back.
 * Only a confirmation from outside disarms it. Its state is the folder `armed`; whoever renames that folder decides how it ends,
 * so the timer and a run can't both.
 */

import { ending } from './dead-man-ending.ts';
import type { Section } from './exchange.ts';
import { HELD_FILE as HELD, STATE_DIRECTORY as STATE } from './prelude.ts';
import { script } from './quoting.ts';
import { restoring } from './restore.ts';
import type { Rollback } from './rollback.ts';

/** Seconds for which a host waits for the confirmation before it rolls back. */
export const DEAD_MAN_SECONDS = 60;

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
# The run has kept what was risked, and resumes what it had stopped unless it died since.
_release_late() {
  local run= left=20
  while { read -r run <${HELD}; } 2>/dev/null && [ "$run" = "$MAILTUN_RUN" ]; do
    [ $left -gt 0 ] || { release; break; }
    sleep 1
    left=$((left - 1))
  done
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
      { read -r run && [ "$run" = "$MAILTUN_RUN" ]; } <${STATE}/armed/run || { _release_late; exit 0; }
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
  release
  return $failed
}
`;

/** The sections of a switch, and every function above for others that need them. */
export interface DeadMan {
  readonly functions: string;
  /** Arms it for so many seconds; what is kept from now on is what it would put back. */
  readonly arm: (seconds: number) => Section;
  /** Under an armed switch: what the host sends to others stops, and what is under way comes to its end; some seconds at most. */
  readonly hold: Section;
  /** Resumes it where it was stopped, whatever came before. The end of a switch does it by itself where it puts back. */
  readonly release: Section;
  /** Ends it for good, with what was risked in place. Fails where the host has put itself back already. */
  readonly disarm: Section;
  /** Puts back at once what was risked. Exit status 3: nothing was armed any more. */
  readonly revert: Section;
  /** Ends what an earlier run left behind; waits a few seconds where that run's timer is still counting. */
  readonly recover: Section;
}

/** The switch of hosts that can roll back so much. */
export function deadMan(rollback: Rollback): DeadMan {
  const functions = [restoring(rollback), rollback.staged.works, rollback.traffic, ending(rollback), ARM, HEAL].join(
    '\n',
  );
  const step = (label: string, text: string, ...words: readonly string[]): Section => ({
    label,
    kind: 'step',
    script: script(`${functions}\n${text}`, ...words),
  });
  return {
    functions,
    arm: seconds => step('arms the dead-man switch', 'arm "$1"', String(seconds)),
    hold: step('stops sending', 'hold'),
    release: { label: 'resumes sending', kind: 'ask', script: `${rollback.traffic}\nrelease` },
    disarm: step(
      'disarms the dead-man switch',
      `_end keep || { complain 'too late: the host has already rolled back'; exit 1; }`,
    ),
    revert: step('rolls back the risky changes', 'take_back'),
    recover: step('cleans up after an interrupted run', 'end_interrupted'),
  };
}

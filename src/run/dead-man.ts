/**
 * The dead-man switch: what can cut off access is changed while a detached timer on the host waits to roll it back. Only a
 * confirmation from outside disarms it. Its state is the directory `armed`; whichever of timer and run renames that directory
 * decides how it ends, so they cannot both.
 */

import { command } from './command.ts';
import { ending } from './dead-man-ending.ts';
import { type Section, sectionOf } from './exchange.ts';
import { HELD_FILE as HELD, STATE_DIRECTORY as STATE } from './prelude.ts';
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
$MAILTUN_WHO" >${STATE}/armed/run || complain '${STATE}/armed: could not be written; is the disk full?'
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
  print -r -- "$! $(_identity $!)" >${STATE}/armed/timer || complain '${STATE}/armed: could not be written; is the disk full?'
}
`;

// A timer that still runs is waited for: its run may be reconnecting, and a timer that has begun to end the switch has to
// finish that. A run that reconnects later finds that the host has rolled back, and reports it.
const END_INTERRUPTED = `
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
  /** Arms it for so many seconds; what is kept from now on is what it would restore. */
  readonly arm: (seconds: number) => Section;
  /** Under an armed switch: stops what the host sends to others and waits, some seconds at most, until nothing is in transit. */
  readonly hold: Section;
  /** Resumes sending where it was stopped, even after a failed step. A rollback does this by itself. */
  readonly release: Section;
  /** Disarms it, and the change stays. Fails if the host has already rolled back. */
  readonly disarm: Section;
  /** Rolls back at once. Exit status 3: nothing was armed any more. */
  readonly revert: Section;
  /** Ends a switch that an earlier run has left; waits some seconds if its timer still runs. */
  readonly recover: Section;
}

/** The switch of hosts that can roll back so much. */
export function deadMan(rollback: Rollback): DeadMan {
  const functions = [
    restoring(rollback),
    rollback.staged.works,
    rollback.traffic,
    ending(rollback),
    ARM,
    END_INTERRUPTED,
  ].join('\n');
  const step = (label: string, text: string, ...words: readonly string[]): Section =>
    sectionOf('step', label, command(`${functions}\n${text}`, ...words));
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

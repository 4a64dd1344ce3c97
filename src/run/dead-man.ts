/**
 * The dead-man switch: what can cut the way in is done while a detached timer on the host waits to put everything back.
 * Only a proof from outside disarms it. Its state is the folder `armed`; whoever renames that folder decides how it ends,
 * so the timer and a run can't both.
 */

import type { Section } from './exchange.ts';
import { STATE_DIRECTORY as STATE } from './prelude.ts';
import { script } from './quoting.ts';
import { RESTORE } from './restore.ts';

/** How long a host waits for the proof before it puts itself back. */
export const DEAD_MAN_SECONDS = 60;

/** How long a host tries to prove its tunnel: one retry of WireGuard's handshake takes 5 s. */
const PROOF_SECONDS = 12;

// A handshake is the proof of new keys and endpoints, the answer that of addresses and routes; the far end may be a
// little later than this one, hence the tries. `last handshake` has whole seconds (facts 1.5), and they are negative for
// one that was before the clock was set back. What follows the peer is a command that ends the sessions and asks for a
// handshake: it is run first of all, so that nothing of an old session can answer, and again where that came too early.
const PROVE = `
_shaken_since() {
  local now=$(date +%s) age
  age=$(ifconfig "$1" | awk -v peer="$2" '$1 == "wgpeer" { ours = $2 == peer } ours && $1 == "last" { print $3 }')
  [ "\${age:--1}" -ge 0 ] && [ $((now - age)) -ge "$3" ]
}
prove() {
  local interface=$1 address=$2 peer=$3 ping=ping6 since pong= asked=-9 end=$((SECONDS + ${PROOF_SECONDS}))
  shift 3
  case $address in *:*) ;; *) ping=ping;; esac
  since=$(stat -f %m ${STATE}/armed/switched 2>/dev/null || stat -f %m ${STATE}/armed/run) || return
  ifconfig "$interface" | grep -qF "wgpeer $peer" || { complain "$interface has no peer $peer"; return; }
  while :; do
    [ $# -eq 0 ] || [ $((SECONDS - asked)) -lt 2 ] || { "$@"; asked=$SECONDS; }
    if $ping -n -c 1 -w 1 "$address" >/dev/null 2>&1; then
      pong=yes
      _shaken_since "$interface" "$peer" "$since" && return 0
    fi
    [ $SECONDS -lt $end ] || break
    sleep 0.2
  done
  [ -n "$pong" ] || { complain "$address does not answer through $interface"; return; }
  complain "$address answers, but $interface has had no handshake with $peer since the change"
}
`;

// The verdict is the folder's name, so that a full disk can't keep a host from ending it; and what a boot would read is
// staged beside its target and only renamed here, which needs no room either. `_end HOW [RUN]` ends the switch of that
// run only, this one's where none is named: whoever has taken long over a verdict may find another run's switch there.
const END = `
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
# An interface that was made anew has forgotten its handshakes; that it worked must not be forgotten with them.
_remember() {
  local saved
  for saved in "$1"/interface.?*; do
    [ ! -s "$saved" ] || { mkdir -p ${STATE}/put-back && cp "$saved" ${STATE}/put-back/; }
  done
}
_carry_out() {
  local from=${STATE}/ending-$1 new path old failed=0
  # A power cut may have taken the list of what was staged.
  [ "$1" != tidy ] || ! _lost "$from/staged" || rm -f /root/KEY_*.next /etc/hostname.*.next
  case $1 in
  keep) rm -rf ${STATE}/put-back;;
  settle) _settle "$from" || failed=1;;
  revert) put_back "$from" || failed=1; run_as_kept "$from" || failed=1; _remember "$from";;
  esac
  [ $failed = 0 ] || { _word "an interrupted change could not be ended whole ($1); see $from"; return 1; }
  [ ! -f "$from/staged" ] || while read -r new path old; do rm -f "$new"; done <"$from/staged"
  rm -rf "$from"
}
_end() {
  local run=
  { read -r run <${STATE}/armed/run; } 2>/dev/null
  [ "$run" = "\${2-$MAILTUN_RUN}" ] && mv ${STATE}/armed "${STATE}/ending-$1" 2>/dev/null || return 3
  _carry_out "$1"
}
take_back() {
  if [ -e ${STATE}/armed/staged ] && [ ! -e ${STATE}/armed/switched ]; then _end tidy; else _end revert; fi
}
_tunnels_answer() {
  [ -s ${STATE}/armed/tunnels ] || return
  while read -r interface address peer; do
    prove "$interface" "$address" "$peer" 2>/dev/null </dev/null || return
  done <${STATE}/armed/tunnels
}
expire() {
  local run= who=
  { { read -r run; read -r who; } <${STATE}/armed/run; } 2>/dev/null
  if [ ! -e ${STATE}/armed/staged ]; then
    _end revert "$run" && _word "no proof came that the change of \${who:-an earlier run} left the way in open, so it was put back"
  elif [ ! -e ${STATE}/armed/switched ]; then
    _end tidy "$run" && _word "the key rotation of \${who:-an earlier run} ended before the switch; the old keys stay"
  elif _tunnels_answer; then
    _end settle "$run" && _word "the key rotation of \${who:-an earlier run} broke off after the switch; the tunnel works with the new keys"
  else
    _end revert "$run" && _word "the key rotation of \${who:-an earlier run} broke off and its new keys did not work; the old ones are back"
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
heal() {
  local how failed=0
  if _wait_for_timer ${STATE}/armed 8; then expire || [ ! -d ${STATE}/armed ] || failed=1; fi
  for how in keep tidy settle revert; do
    if _wait_for_timer ${STATE}/ending-$how 60; then _carry_out $how || failed=1; fi
  done
  return $failed
}
`;

/** Every function above, for sections that need them. */
export const DEAD_MAN = [RESTORE, PROVE, END, ARM, HEAL].join('\n');

const step = (label: string, text: string, ...words: readonly string[]): Section => ({
  label,
  kind: 'step',
  script: script(`${DEAD_MAN}\n${text}`, ...words),
});

/** Arms the switch; what is kept from now on is what it would put back. */
export const armSection = (seconds: number): Section => step('arms the dead-man switch', 'arm "$1"', String(seconds));

/** Ends it for good, with what was risked in place. Fails where the host has put itself back already. */
export const disarmSection: Section = step(
  'disarms the dead-man switch',
  `_end keep || { complain 'too late: the host has put itself back'; exit 1; }`,
);

/** Puts back at once what was risked. Exit status 3: nothing was armed any more. */
export const revertSection: Section = step('puts back what was risked', 'take_back');

/** Ends what an earlier run left behind; waits a few seconds where that run's timer is still counting. */
export const healSection: Section = step('ends what an interrupted run left', 'heal');

/** How a dead-man switch ends: the change is kept, rolled back, or settled after a staged switch. */

import { STATE_DIRECTORY as STATE } from './prelude.ts';
import { type Rollback, savedIn } from './rollback.ts';

// The decision is recorded as the name of the directory, so that it needs no disk space; files that a boot would read are
// staged beside their targets and only renamed here, for the same reason. `_end HOW [RUN]` ends the switch of that run only,
// by default of this run: a run that was slow to decide may find the switch of another one.
/** Shell functions that end a switch: `_end HOW [RUN]`, `_carry_out HOW`, `take_back`, and `expire` for its timer. */
export const ending = (rollback: Rollback): string =>
  [SETTLE, remembering(savedIn('"$1"', rollback)), GIVE_UP, carryingOut(rollback), END, expiring(rollback)].join('');

const SETTLE = `
_record() {
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
# After two failed attempts it is given up: the next run finds what differs, and has a switch of its own.
_give_up() {
  if [ "$1" = revert ] && [ -e "$2/tried" ]; then
    rm -rf ${STATE}/unended && mv "$2" ${STATE}/unended || return
    _record "an interrupted change could not be rolled back completely; the copies it kept are in ${STATE}/unended"
    return 0
  fi
  print -n >"$2/tried"
  _record "an interrupted change could not be completed ($1); see $2"
  return 1
}
`;

const carryingOut = ({ staged }: Rollback): string => `
_carry_out() {
  local from=${STATE}/ending-$1 new path old failed=0
  [ ! -e ${STATE}/ended ] || rm -rf ${STATE}/ended
  # A power cut may have taken the list of what was staged.
  [ "$1" != tidy ] || ! is_lost "$from/staged" || rm -f ${staged.leftovers}
  case $1 in
  keep) [ ! -e ${STATE}/put-back ] || rm -rf ${STATE}/put-back;;
  settle) _settle "$from" || failed=1;;
  revert) put_back "$from" || failed=1; run_as_kept "$from" || failed=1; _remember "$from";;
  esac
  # What is kept may need a restart first: then the run resumes what it has stopped, or the timer does.
  [ "$1" = keep ] || release
  [ $failed = 0 ] || { _give_up "$1" "$from"; return; }
  [ ! -f "$from/staged" ] || while read -r new path old; do rm -f "$new"; done <"$from/staged"
  # Renamed first: a part of it would be restored as if the rest had not been there.
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
    _end revert "$run" && _record "rolled back the unconfirmed change of \${who:-an earlier run}"
  elif [ ! -e ${STATE}/armed/switched ]; then
    _end tidy "$run" && _record "${staged.what} of \${who:-an earlier run} ended before the switch; ${staged.unswitched}"
  elif switch_works; then
    _end settle "$run" && _record "${staged.what} of \${who:-an earlier run} broke off after the switch; ${staged.kept}"
  else
    _end revert "$run" && _record "${staged.what} of \${who:-an earlier run} broke off and ${staged.undone}"
  fi
}
`;

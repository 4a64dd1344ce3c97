/**
 * Shell functions that restore what `keep` and `keep_running` (prelude.ts) have recorded in a directory: for undo, and for the
 * dead-man switch. They are part of the sections that need them, not of every session's prelude.
 */
import type { Rollback } from './rollback.ts';

// The copy keeps mode, owner and times, so nothing that is older than a daemon's start looks newer afterwards.
const FILES = `
# A list that had grown before a power cut has NUL bytes where lines were lost.
_whole() {
  [ "$(tr -d '\\000' <"$1/list" | wc -c)" -ne "$(wc -c <"$1/list")" ] || return 0
  tr -d '\\000' <"$1/list" >"$1/list.new" && sync && mv -f "$1/list.new" "$1/list"
}
keep_likewise() {
  local how name state
  _whole "$1" || return
  while read -r how name; do
    case $how in
    replaced|created) _keep "$2" "$name";;
    *) state=; _keep_running "$2" "$how" "\${name%% *}" </dev/null;;
    esac || return
  done <"$1/list"
}
_is_left() { case "$_line$leave$_line" in *"$_line$1$_line"*) return 0;; esac; return 1; }
_stage_back() {
  local how path new
  while read -r how path; do
    [ "$how" != replaced ] || [ ! -d "$from/files$path" ] || [ -d "$path" ] || _is_left "$path" ||
      { mkdir "$path" && _dress "$path" "$from/files$path" || failed=1; }
    [ "$how" = replaced ] && [ -f "$from/files$path" ] && ! _is_left "$path" || continue
    if is_lost "$from/files$path"; then failed=1; complain "$path: its kept copy was lost in a power cut; not restored"; continue; fi
    new=$path.mailtun.unfinished
    rm -f "$new"; cp -p "$from/files$path" "$new" || { rm -f "$new"; failed=1; complain "$path: could not be restored"; }
  done <"$from/list"
  sync
}
put_back() {
  local from=$1 how path failed=0
  [ -f "$from/list" ] || return 0
  _whole "$from" || return
  _stage_back
  while read -r how path; do
    case $how in replaced|created) ;; *) continue;; esac
    ! _is_left "$path" || continue
    if [ "$how" = created ]; then [ -d "$path" ] || rm -f "$path" || failed=1; continue; fi
    [ ! -e "$path.mailtun.unfinished" ] || mv -f "$path.mailtun.unfinished" "$path" || failed=1
  done <"$from/list"
  # A folder goes when nothing is left in it.
  while read -r how path; do
    [ "$how" != created ] || [ ! -d "$path" ] || rmdir "$path" 2>/dev/null
  done <"$from/list"
  return $failed
}
`;

const running = ({ kinds }: Rollback): string => `
_run_these() {
  local kind name state round
  while read -r kind name state; do
    case $kind in
    ${of(kinds.filter(kind => kind.isRisky))}) round=first;;
    ${of(kinds.filter(kind => !kind.isRisky))}) round=last;;
    *) continue;;
    esac
    [ "$state" != absent ] || round=gone
    [ $round != "$1" ] || "restore_$kind" "$name" "$state" "$from/$kind.$name" </dev/null || failed=1
  done <"$from/list"
}
run_as_kept() {
  local from=$1 failed=0
  [ -f "$from/list" ] || return 0
  # What was not there may hold what another one is to have again: a port, an address.
  _run_these gone; _run_these first; _run_these last
  return $failed
}
`;

/** A pattern for case in sh(1); one that matches nothing if there are no kinds. */
const of = (kinds: Rollback['kinds']): string => kinds.map(kind => kind.name).join('|') || '-';

/**
 * `put_back FROM`: the files, but for the paths in `$leave`, one a line. `run_as_kept FROM`: what ran.
 * `keep_likewise FROM TO` keeps in TO the present state of what FROM would restore. All return 1 where something could not
 * be restored, having tried the rest.
 */
export const restoring = (rollback: Rollback): string =>
  ['leave=', FILES, ...rollback.kinds.map(kind => kind.restore), running(rollback)].join('\n');

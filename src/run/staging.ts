/** How files are written on a host: beside their targets, all at once; then renamed one by one. */

/** Writes files beside their targets: seven words each, as `stageText` of resources/file.ts has them. */
export const STAGE_TEXTS = 'stage_texts "$@"';

const WRITE = `
# It has its mode from the first byte, but for who may run it; root's new file in wheel's folder is wheel's without chown(8).
is_wheels() { [ -O "$1" ] && [ -G "$1" ] && [ -G / ]; }
_write() {
  local new=$1 mode=$2 owner=$3 status dressed=
  case $owner:$mode in root:wheel:0[246][0246][0246]) umask $((777 - \${mode#0})) && dressed=yes;; esac
  print -n$4 -- "$5" >"$new"
  status=$?
  umask 077
  [ $status -eq 0 ] || return
  [ "$owner" = root:wheel ] && is_wheels "$new" || { dressed= && chown "$owner" "$new"; } || return
  [ -n "$dressed" ] || chmod "$mode" "$new"
}
_is_whole() { [ "$(sha256 -q "$@")" = "$sums" ]; }
_not_whole() { rm -f "$1"; complain "\${1%.mailtun.unfinished}: could not be written completely; is the disk full?"; }
stage_texts() {
  local new all= sums
  set -A news --
  while [ $# -gt 0 ]; do
    new=$1.mailtun.unfinished
    stage "$1" || return
    _write "$new" "$2" "$3:$4" "$6" "$7" || { _not_whole "$new"; return; }
    all=$all\${all:+$_line}$5 news[\${#news[*]}]=$new
    shift 7
  done
  sums=$all
  _is_whole "\${news[@]}" && return
  for new in "\${news[@]}"; do
    sums=\${all%%"$_line"*} all=\${all#*"$_line"}
    _is_whole "$new" || { _not_whole "$new"; return; }
  done
}
put() {
  local path=$1 before=$2 new=$1.mailtun.unfinished now=missing
  shift 2
  if [ $# -gt 0 ]; then "$@" "$new" || { rm -f "$new"; complain "$path: $1 refuses the new file"; return; }; fi
  [ ! -e "$path" ] || now=$(sha256 -q "$path")
  [ "$now" = "$before" ] || { rm -f "$new"; complain "$path: somebody changed it meanwhile; nothing was overwritten"; return; }
  place "$path"
}
place() {
  local path
  for path; do
    [ ! -e "$path.mailtun.unfinished" ] || { keep "$path" && mv -f "$path.mailtun.unfinished" "$path"; } ||
      { rm -f "$path.mailtun.unfinished"; return 1; }
  done
}
`;

// FFS writes names at once and data later: new files are staged and the replaced ones kept, then one sync(8) for all of them,
// and only then they are renamed. sync(8) starts the writes in order and does not wait for them (sys_sync); the write of the
// rename comes after them. The checksum detects a full disk.
/** Shell functions that write files beside their targets and rename them. @param lock the folder of the lock. */
export const staging = (lock: string): string => `
stage() {
  local left
  [ ! -d ${lock} ] || print -r -- "$1" >>${lock}/staged
  for left in "$1".mailtun.??????????; do [ ! -e "$left" ] && [ ! -h "$left" ] || rm -f "$left"; done
  keep "$1"
}
_unstage() {
  local path
  [ ! -f ${lock}/staged ] || while read -r path; do
    [ ! -e "$path.mailtun.unfinished" ] || rm -f "$path.mailtun.unfinished"
  done <${lock}/staged
}
${WRITE}`;

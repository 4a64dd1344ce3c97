/**
 * Shell functions that every session knows, sent once with its first exchange. Each is constant text; what varies
 * arrives as arguments. Everything is pdksh, as /bin/sh of OpenBSD is (facts 7.1): print is built in, so text on its
 * way into a file shows neither in ps(1) nor in a here-document's temporary file.
 */

/** Root's own folder on a host: kept copies, and what one host makes for another. */
export const STATE_DIRECTORY = '/var/db/mailtun';

const COMPLAIN = `
lock() { :; }
complain() { print -r -u2 -- "$1"; return 1; }
`;

// A run keeps the first state it meets; what it writes later over its own work is not worth keeping.
const KEEP = `
keep() {
  local kept=${STATE_DIRECTORY}/undo/$MAILTUN_RUN
  mkdir -p "$kept/files\${1%/*}" || return
  [ -f "$kept/list" ] && grep -qxF -e "replaced $1" -e "created $1" "$kept/list" && return
  if [ -e "$1" ]; then
    cp -p "$1" "$kept/files$1" && print -r -- "replaced $1" >>"$kept/list"
  else
    print -r -- "created $1" >>"$kept/list"
  fi
}
`;

// The sum tells a full disk from a written file; a check reads the staged file as its last word.
const PUT = `
put() {
  local path=$1 mode=$2 owner=$3 group=$4 before=$5 after=$6 content=$7 new now=missing
  shift 7
  rm -f "$path".mailtun.??????????
  new=$(mktemp "$path.mailtun.XXXXXXXXXX") || return
  if print -rn -- "$content" >"$new" && [ "$(sha256 -q "$new")" = "$after" ] &&
    chown "$owner:$group" "$new" && chmod "$mode" "$new"; then :; else
    rm -f "$new"; complain "$path: could not be written whole; is the disk full?"; return
  fi
  if [ $# -gt 0 ]; then "$@" "$new" || { rm -f "$new"; complain "$path: $1 refuses the new file"; return; }; fi
  [ ! -e "$path" ] || now=$(sha256 -q "$path")
  [ "$now" = "$before" ] || { rm -f "$new"; complain "$path: somebody changed it meanwhile; nothing was overwritten"; return; }
  keep "$path" && mv -f "$new" "$path" || { rm -f "$new"; return 1; }
}
`;

/** @param run names the kept copies of this run: digits, letters and hyphens. */
export const prelude = (run: string): string => {
  if (!/^[0-9A-Za-z-]+$/.test(run)) throw new Error(`not a run's name: ${run}`);
  return [`MAILTUN_RUN=${run}`, COMPLAIN, KEEP, PUT].join('\n');
};

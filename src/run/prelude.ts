/**
 * Shell functions of every session, sent once with its first exchange. Each is constant text; everything else comes as
 * arguments. Everything is pdksh, as /bin/sh of OpenBSD is (ksh(1)): print is built in, so text on its
 * way into a file shows neither in ps(1) nor in a here-document's temporary file.
 */

import type { Rollback } from './rollback.ts';
import { staging } from './staging.ts';

/** mailtun's directory on a host: kept copies, and what one host makes for another. */
export const STATE_DIRECTORY = '/var/db/mailtun';

/** The lock of a run that changes a host; /var/run is emptied at boot. */
export const LOCK_DIRECTORY = '/var/run/mailtun.lock';

/**
 * Exists while a run has stopped sending between hosts, and has the name of the run. A boot empties /var/run and resumes
 * sending.
 */
export const HELD_FILE = '/var/run/mailtun.held';

/**
 * Exists while an undo has stopped what must not go on until every host is restored, and has the name of the run. A boot empties
 * /var/run and starts it.
 */
export const STOPPED_FILE = '/var/run/mailtun.stopped';

const COMPLAIN = `
complain() { print -r -u2 -- "$1"; return 1; }
`;

// FFS keeps names, modes and lengths at once and data later: after a power cut, what was not on the disk is NUL bytes of
// the same length. ksh drops those, so a program is needed only if nothing else is left. A file that a run has created can
// be made again: its kept copy is /dev/null.
const LOST = `
is_lost() { [ -f "$1" ] && [ -s "$1" ] && [ -z "$(<"$1")" ] && [ "$(tr -d '\\000' <"$1" | wc -c)" -eq 0 ]; }
newest_kept() {
  local at newest=
  for at in ${STATE_DIRECTORY}/original ${STATE_DIRECTORY}/undo/?*; do
    [ ! -s "$at/files$1" ] || is_lost "$at/files$1" || newest=$at/files$1
  done
  [ -n "$newest" ] || ! grep -qxF "created $1" ${STATE_DIRECTORY}/original/list 2>/dev/null || newest=/dev/null
  [ -n "$newest" ] && print -r -- "$newest"
}
`;

// A directory of kept things has a list: what was replaced (with a copy), what was created, what ran. Only the first state
// counts. There is one directory for each run, for undo; one for the armed dead-man switch; and one for the original state.
const KEEP = `
_line='
'
_listed() {
  local known=
  [ -d "$1/files" ] || mkdir -p "$1/files"
  ! is_lost "$1/list" || rm -f "$1/list"
  [ ! -f "$1/list" ] || known=$(<"$1/list")
  case "$_line$known$_line" in *"$_line$2"*) return 0;; esac
  return 1
}
_keep() {
  _listed "$1" "replaced $2$_line" || _listed "$1" "created $2$_line" && return
  if [ -d "$2" ]; then
    mkdir -p "$1/files$2" && _dress "$1/files$2" "$2" && print -r -- "replaced $2" >>"$1/list"
  elif [ -e "$2" ]; then
    { [ -d "$1/files\${2%/*}" ] || mkdir -p "$1/files\${2%/*}"; } &&
      { _copy "$2" "$1/files$2" || { rm -f "$1/files$2"; false; }; } && print -r -- "replaced $2" >>"$1/list"
  else
    print -r -- "created $2" >>"$1/list"
  fi
}
# What this run has kept already is on the disk. Of what was lost, the newest good copy is worth keeping.
_copy() {
  local kept="${STATE_DIRECTORY}/undo/$MAILTUN_RUN/files$1"
  if is_lost "$1" && kept=$(newest_kept "$1"); then [ "$kept" = "$2" ] || { cp -p "$1" "$2" && cat "$kept" >"$2"; }
  elif [ "$kept" != "$2" ] && [ -e "$kept" ] && [ ! "$kept" -nt "$1" ] && [ ! "$1" -nt "$kept" ]; then ln -f "$kept" "$2"
  else cp -p "$1" "$2"; fi
}
_dress() { chown "$(stat -f %Su:%Sg "$2")" "$1" && chmod "$(stat -f %OMp%OLp "$2")" "$1"; }
`;

const keepingRunning = (kinds: Rollback['kinds']): string => `
_keep_running() {
  _listed "$1" "$2 $3 " && return
  case $2 in
${kinds.map(kind => `  ${kind.name}) [ "$state" ${kind.saves ? '= absent' : '!= ""'} ] || { ${kind.keep}; };;`).join('\n')}
  esac
  print -r -- "$2 $3 $state" >>"$1/list"
}
`;

// print of ksh(1) fails on a full disk without a word (c_ksh.c), and what is kept has to be in the list.
const UNKEPT = `its present state could not be kept in ${STATE_DIRECTORY}; is the disk full?`;

const EVERYWHERE = `
_everywhere() {
  "$1" "${STATE_DIRECTORY}/undo/$MAILTUN_RUN" "$2" "$3" && "$1" "${STATE_DIRECTORY}/original" "$2" "$3" || return
  [ ! -d ${STATE_DIRECTORY}/armed ] || "$1" "${STATE_DIRECTORY}/armed" "$2" "$3"
}
# One mkdir(1) for all that are missing.
_folders() {
  local of=files at
  [ ! -e "$1" ] || of=files\${1%/*}
  set --
  for at in "undo/$MAILTUN_RUN" original armed; do
    [ -d "${STATE_DIRECTORY}/$at/$of" ] || { [ "$at" = armed ] && [ ! -d ${STATE_DIRECTORY}/armed ]; } ||
      set -- "$@" "${STATE_DIRECTORY}/$at/$of"
  done
  [ $# -eq 0 ] || mkdir -p "$@"
}
keep() { _folders "$1"; _everywhere _keep "$1" || complain "$1: ${UNKEPT}"; }
keep_running() { local state=\${3-}; _everywhere _keep_running "$1" "$2" || complain "$1 $2: ${UNKEPT}"; }
`;

// A process id is reused sooner or later; together with the start time it identifies a process. Setting the clock changes
// start times and kern.boottime: then only the id is compared.
const PROCESS = `
_started() { print -r -- $(ps -o lstart= -p "$1" 2>/dev/null); }
_identity() { print -r -- "$(sysctl -n kern.boottime) $(_started "$1")"; }
_clock_as_at() { [ "\${1%% *}" = "$(sysctl -n kern.boottime)" ]; }
_is() {
  local now=$(_started "$1")
  [ -n "$now" ] && { [ "$now" = "\${2#* }" ] || ! _clock_as_at "$2"; }
}
`;

// Our shell leaves no core file and makes files for root alone (frames.ts). su(1), through which rc.subr starts a daemon,
// does not give the first back, and what rcctl(8) and rc.subr write themselves is for everybody to read.
const DAEMONS = `
_rcctl() { ( umask 022; ulimit -S -c "$(ulimit -H -c)"; exec rcctl "$@" ); }
`;

// The session's own shell owns the lock and releases it when it ends, however it ends; sections are subshells and do not
// inherit the trap.
const UNLOCK = `
_unlock() {
  local run pid
  { read -r run && read -r pid; } 2>/dev/null <${LOCK_DIRECTORY}/owner && [ "$pid" = $$ ] &&
    { _unstage; rm -rf ${LOCK_DIRECTORY}; }
}
trap _unlock EXIT
trap 'exit 1' HUP INT TERM PIPE
`;

/**
 * @param run names the kept copies of this run: digits, letters and hyphens.
 * @param who is shown to others who find the host locked: `jay@desk`.
 */
export const prelude = ({ kinds }: Pick<Rollback, 'kinds'>, run: string, who: string): string => {
  if (!/^[0-9A-Za-z-]+$/.test(run)) throw new Error(`not a run's name: ${run}`);
  return [
    `MAILTUN_RUN=${run} MAILTUN_WHO='${shown(who)}'`,
    COMPLAIN,
    LOST,
    KEEP,
    keepingRunning(kinds),
    EVERYWHERE,
    staging(LOCK_DIRECTORY),
    PROCESS,
    DAEMONS,
    UNLOCK,
  ].join('\n');
};

/** With no character that is special to a shell, even within quotes. */
const shown = (who: string): string => who.replaceAll(/[^0-9A-Za-z@._-]/g, '_').slice(0, 80);

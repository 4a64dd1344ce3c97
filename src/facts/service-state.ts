import { builtins } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

/** rcctl(8) writes this file and does not sync it. */
export const RC_CONF_LOCAL = '/etc/rc.conf.local';

/**
 * `read_rc_conf` sets `$settings` to the lines of rc.conf(8) and rc.conf.local(8), as read of ksh(1) sees them: a last line
 * without a newline is none (_rc_parse_conf in rc.subr, c_read in c_sh.c).
 */
export const READ_RC_CONF = `
read_rc_conf() {
  local one
  settings=$(</etc/rc.conf)
  [ ! -f ${RC_CONF_LOCAL} ] || while IFS= read -r one; do settings=$settings$_line$one; done <${RC_CONF_LOCAL}
}
`;

// The stamp that rc.subr(8) writes when it starts a daemon has the process title and the routing table with which check
// of rc.subr calls pgrep(1); without them, or where they are more than words, check itself is run.
/** `is_running NAME` succeeds where rc.d(8) finds the daemon running; `$started` has the flags that it was started with. */
export const IS_RUNNING = `
is_running() {
  local line title= table= name=$1 IFS=$_line stamp=/var/run/rc.d/$1
  shift
  started=
  set -f
  [ ! -f "$stamp" ] || set -- $(<"$stamp")
  set +f
  for line; do
    case $line in pexp=*) title=\${line#*=};; daemon_flags=*) started=\${line#*=};; daemon_rtable=*) table=\${line#*=};; esac
  done
  case $title:$table in
  :*|*:|*[!0-9A-Za-z./_:-]*|*:*[!0-9]*) /etc/rc.d/"$name" check >/dev/null 2>&1;;
  *) pgrep -T "$table" -q -xf "$title" 2>/dev/null;;
  esac
}
`;

// The stamp is as old as the daemon's start, so a younger file is a restart that is still due. What costs rcctl(8) and
// find(1) a dozen processes the shell sees by itself as far as it can be sure; of the rest they are asked.
// - rc.conf(5): the last line about a daemon counts, and one with no flags, or with options, enables it. rcctl prints NO
//   as the flags of one that is disabled.
// - test(1) of ksh compares seconds only before 7.7, so what is not older than the start by a second is find's to say,
//   and a link.
const STATE = `
name=$1; shift
${IS_RUNNING}${READ_RC_CONF}
is_enabled() {
  local line answer=unsure flags= table= settings IFS=$_line
  typeset -l key
  read_rc_conf
  set -f
  set -- $settings
  set +f
  for line; do
    key=$line
    case $key in *"$name"_flags*) answer=unsure;; *"$name"_rtable*) table=named;; esac
    case $line in *'#'*) ;; "$name"_flags=|"$name"_flags=-*) answer=yes flags=\${line#*=};; esac
  done
  [ -z "$table" ] || print -r -- "table $(rcctl get "$name" rtable 2>/dev/null)"
  if [ $answer != yes ]; then
    flags=$(rcctl get "$name" flags 2>/dev/null) && [ "$flags" != NO ] || return
  fi
  print -r -- "flags $flags"
}
if is_lost ${RC_CONF_LOCAL}; then newest_kept ${RC_CONF_LOCAL} >/dev/null && echo lost || echo 'lost for good'; fi
is_enabled && echo enabled
is_running "$name" && echo running
print -r -- "started $started"
stamp=/var/run/rc.d/$name
[ -e "$stamp" ] || { echo unstamped; return 0; }
for path; do
  [ "$stamp" -nt "$path" ] && [ ! -h "$path" ] && [ ! -d "$path" ] && continue
  find "$@" -newer "$stamp" 2>/dev/null
  break
done
return 0
`;

/** A daemon of the base system. */
export interface ServiceState {
  /** Whether rc.conf.local(8) holds only NUL bytes, as after a power cut, and whether a copy of it is kept. */
  readonly lost: 'no' | 'kept' | 'for good';
  readonly isEnabled: boolean;
  /** Of rc.conf(8) and rc.conf.local(8), for the next start; empty where it is disabled. */
  readonly flags: string;
  /** The routing table in which it is started: `0` unless rc.conf.local(8) says otherwise. */
  readonly table: string;
  /** Those that it was started with. */
  readonly startedWith: string;
  readonly isRunning: boolean;
  /** Started by something else than rc.d(8), so nobody knows when. */
  readonly isUnstamped: boolean;
  /** Files that were changed after its start. */
  readonly stale: readonly string[];
}

/** @param reads files that it reads when it starts. */
export const serviceState = (name: string, reads: readonly string[] = []): Fact<ServiceState> =>
  fact(`service ${name}`, builtins(STATE, name, ...reads), text => {
    const said = text.split('\n');
    // A carriage return at the end of a line is part of the value, as for rc.subr(8).
    const after = (word: string): string =>
      said
        .find(line => line.startsWith(`${word} `))
        ?.slice(word.length + 1)
        .replace(/^[ \t]+|[ \t]+$/g, '') ?? '';
    return {
      lost: said.includes('lost for good') ? 'for good' : said.includes('lost') ? 'kept' : 'no',
      isEnabled: said.includes('enabled'),
      flags: after('flags'),
      table: after('table') || '0',
      startedWith: after('started'),
      isRunning: said.includes('running'),
      isUnstamped: said.includes('unstamped'),
      stale: said.filter(line => line.startsWith('/')),
    };
  });

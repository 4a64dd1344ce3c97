/**
 * Shell functions that put back what `keep` and `keep_running` (prelude.ts) have noted in a folder: for undo, and for
 * the dead-man switch. They stand in the sections that need them, not in every session's prelude.
 */

// The copy keeps mode, owner and times, so nothing that is older than a daemon's start looks newer afterwards.
const FILES = `
keep_likewise() {
  local how name
  while read -r how name; do
    case $how in
    replaced|created) _keep "$2" "$name";;
    *) _keep_running "$2" "$how" "\${name%% *}" </dev/null;;
    esac || return
  done <"$1/list"
}
# Only NUL bytes, as a power cut leaves what was not synced: no copy of anything (ksh drops them).
_lost() { [ -s "$1" ] && [ -z "$(<"$1")" ] && [ "$(tr -d '\\000' <"$1" | wc -c)" -eq 0 ]; }
_is_left() { case "$_line$leave$_line" in *"$_line$1$_line"*) return 0;; esac; return 1; }
_stage_back() {
  local how path new
  while read -r how path; do
    [ "$how" != replaced ] || [ ! -d "$from/files$path" ] || [ -d "$path" ] || _is_left "$path" ||
      { mkdir "$path" && _dress "$path" "$from/files$path" || failed=1; }
    [ "$how" = replaced ] && [ -f "$from/files$path" ] && ! _is_left "$path" || continue
    if _lost "$from/files$path"; then failed=1; complain "$path: its kept copy was lost in a power cut; it stays as it is"; continue; fi
    new=$path.mailtun.unfinished
    rm -f "$new"; cp -p "$from/files$path" "$new" || { rm -f "$new"; failed=1; complain "$path: could not be put back"; }
  done <"$from/list"
  sync
}
put_back() {
  local from=$1 how path failed=0
  [ -f "$from/list" ] || return 0
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

/**
 * `retire_interface NAME`: it lets go of its port, its peers and its addresses, and of the interface itself where that
 * can't hang: before 7.5 destroy may (facts 1.2), so there it stays, down and with a key that nobody knows.
 */
export const RETIRE = `
retire_interface() {
  local family address
  ifconfig "$1" -wgpeerall && ifconfig "$1" down || return
  case $(uname -r) in
  7.[0-4])
    ifconfig "$1" | sed -n 's/^[[:space:]]*\\(inet6*\\) \\([^ ]*\\) .*/\\1 \\2/p' | while read -r family address; do
      ifconfig "$1" "$family" "$address" delete
    done
    ifconfig "$1" wgkey "$(openssl rand -base64 32)";;
  *) ifconfig "$1" destroy;;
  esac
}
`;

// A running wg(4) interface from what ifconfig(8) printed of it (facts 1.5), by as few commands as will do. The secrets
// are not in there: netstart(8) sets those of the restored hostname.if(5), and the key files are tried where it has none.
// Up comes before the peers, or their keepalive would be lost (facts 1.4).
const INTERFACE = `
_addresses() { _shape "$@" | grep ^inet; }
_shape() {
  sed -nE -e '/^[[:space:]]*wg(port|pubkey|peer|aip|psk) /p' \\
    -e 's/^[[:space:]]*inet6 ([^ ]*) prefixlen ([0-9]*).*/inet6 \\1 prefixlen \\2/p' \\
    -e 's/^[[:space:]]*inet ([^ ]*) netmask ([^ ]*).*/inet \\1 netmask \\2/p' "$@" | sort
}
_value() { sed -n "s/^[[:space:]]*$1 //p" "$2"; }
_running_key() { ifconfig "$1" 2>/dev/null | sed -n 's/^[[:space:]]*wgpubkey //p'; }
restore_interface() {
  local name=$1 saved=$2 mtu word a b rest peers= key wanted now up=down
  if [ ! -s "$saved" ]; then
    ifconfig "$name" >/dev/null 2>&1 || return 0
    retire_interface "$name"
    return
  fi
  # Nothing of it is left after a power cut: the boot has made the interface.
  if _lost "$saved"; then return 0; fi
  read -r word rest <"$saved"
  case $rest in *'<UP,'*|*'<UP>'*) up=up;; esac
  mtu=\${rest##* mtu }
  ifconfig "$name" -wgpeerall || return
  [ ! -f "/etc/hostname.$name" ] || sh /etc/netstart "$name" >/dev/null 2>&1
  case $(ifconfig "$name") in *" mtu $mtu$_line"*) ;; *) ifconfig "$name" mtu "$mtu" || return;; esac
  ifconfig "$name" "$up" || return
  key=$(_value wgpubkey "$saved")
  for rest in /root/KEY_PRIVATE /root/KEY_PRIVATE.old; do
    [ "$(_running_key "$name")" = "$key" ] && break
    [ ! -s "$rest" ] || ifconfig "$name" wgkey "$(cat "$rest")"
  done
  set --
  while read -r word a b rest; do
    case $word in
    wgport|wgrtable|wgpka|wgaip) set -- "$@" "$word" "$a";;
    wgpeer) set -- "$@" wgpeer "$a"; peers="$peers $a";;
    wgendpoint) set -- "$@" wgendpoint "$a" "$b";;
    wgdescr:) set -- "$@" wgdescr "$a\${b:+ $b}\${rest:+ $rest}";;
    esac
  done <"$saved"
  for a in $(ifconfig "$name" | sed -n 's/^[[:space:]]*wgpeer //p'); do
    case " $peers " in *" $a "*) ;; *) set -- -wgpeer "$a" "$@";; esac
  done
  [ $# -eq 0 ] || ifconfig "$name" "$@" || return
  wanted=$(_addresses "$saved") now=$(ifconfig "$name" | _addresses)
  print -r -- "$now" | while read -r word a rest; do
    case "$_line$wanted" in *"$_line$word $a $rest"*) ;; *) [ -z "$a" ] || ifconfig "$name" "$word" "$a" delete;; esac
  done
  print -r -- "$wanted" | while read -r word a rest; do
    case "$_line$now" in *"$_line$word $a $rest"*) ;; *) [ -z "$a" ] || ifconfig "$name" "$word" "$a" $rest alias;; esac
  done
  [ "$(_shape "$saved")" = "$(ifconfig "$name" | _shape)" ] ||
    complain "$name is not quite as it was; see ifconfig $name"
}
`;

// pf(4) takes its rules from the file; an anchor that the file no longer loads is emptied. A daemon that was running
// starts again with what it reads now, one that was not is stopped; rc.conf.local is among the files.
const RUNNING = `
_restore_rules() {
  pfctl -q -a mailtun -F rules 2>/dev/null
  if [ "$1" = unloaded ]; then pfctl -q -F rules; else pfctl -q -f /etc/pf.conf; fi || return
  case "$1 $(pfctl -si 2>/dev/null)" in
  enabled*'Status: Disabled'*) pfctl -q -e;;
  disabled*'Status: Enabled'*|unloaded*'Status: Enabled'*) pfctl -q -d;;
  esac
}
_restore_service() {
  local tries=20
  if [ "$2" = stopped ]; then rcctl stop "$1" >/dev/null; return; fi
  while [ "$(sysctl -n net.inet6.ip6.dad_pending)" != 0 ] && [ $tries -gt 0 ]; do sleep 0.25; tries=$((tries - 1)); done
  _rcctl -f restart "$1" >/dev/null || { complain "rcctl restart $1 failed"; return; }
  tries=8
  while [ $tries -gt 0 ]; do
    rcctl check "$1" >/dev/null || { complain "$1 started and died; see its log"; return; }
    sleep 0.25; tries=$((tries - 1))
  done
}
run_as_kept() {
  local from=$1 kind name state failed=0
  [ -f "$from/list" ] || return 0
  # What was not there may hold the port that another one is to have again.
  while read -r kind name state; do
    [ "$kind $state" != 'interface absent' ] || restore_interface "$name" '' </dev/null || failed=1
  done <"$from/list"
  while read -r kind name state; do
    case $kind in
    interface) [ "$state" = absent ] || restore_interface "$name" "$from/interface.$name" </dev/null || failed=1;;
    pf) _restore_rules "$state" </dev/null || failed=1;;
    esac
  done <"$from/list"
  while read -r kind name state; do
    [ "$kind" != service ] || _restore_service "$name" "$state" </dev/null || failed=1
  done <"$from/list"
  return $failed
}
`;

/**
 * `put_back FROM`: the files, but for the paths in `$leave`, one a line. `run_as_kept FROM`: what ran.
 * `restore_interface NAME SAVED`. `keep_likewise FROM TO` notes in TO how things are that FROM would put back. All
 * return 1 where something could not be put back, having tried the rest.
 */
export const RESTORE = ['leave=', FILES, RETIRE, INTERFACE, RUNNING].join('\n');

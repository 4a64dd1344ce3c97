/** wg(4) interfaces: how they are kept and restored. */
import { MARKS } from '../facts/own-tunnels.ts';
import type { KeptKind } from '../run/rollback.ts';

/**
 * `retire_interface NAME` frees its port, peers and addresses, and destroys the interface where that cannot hang: before 7.5
 * it can, so there the interface stays, down and with a random key.
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
  esac && rm -f "${MARKS}$1"
}
`;

// A running wg(4) interface from what ifconfig(8) printed of it, by as few commands as will do. The secrets are not in
// there: netstart(8) sets those of the restored hostname.if(5), and the key files are tried where it has none or others. Up
// comes before the peers, or their keepalive would be lost (wg_up of if_wg.c).
const RESTORE = `
_addresses() { _shape "$@" | grep ^inet; }
_shape() {
  sed -nE -e '/^[[:space:]]*wg(port|pubkey|peer|aip|psk) /p' \\
    -e 's/^[[:space:]]*inet6 ([^ ]*) prefixlen ([0-9]*).*/inet6 \\1 prefixlen \\2/p' \\
    -e 's/^[[:space:]]*inet ([^ ]*) netmask ([^ ]*).*/inet \\1 netmask \\2/p' "$@" | sort
}
_value() { sed -n "s/^[[:space:]]*$1 //p" "$2"; }
_running_key() { ifconfig "$1" 2>/dev/null | sed -n 's/^[[:space:]]*wgpubkey //p'; }
_sharing() { awk '$1 == "wgpeer" { peer = $2 } $1 == "wgpsk" { print peer }' "$@"; }
# hostname.if(5) is written after the interface, and may lack the key that the interface had, or have one too many.
_share() {
  local name=$1 wanted=$(_sharing "$2") now=$(ifconfig "$1" | _sharing) a
  set -- /root/KEY_PRESHARED.*
  for a in $peers; do
    case "$_line$wanted$_line|$_line$now$_line" in
    *"$_line$a$_line"*'|'*"$_line$a$_line"*) ;;
    *'|'*"$_line$a$_line"*) ifconfig "$name" wgpeer "$a" -wgpsk;;
    *"$_line$a$_line"*'|'*) [ $# -ne 1 ] || [ ! -s "$1" ] || ifconfig "$name" wgpeer "$a" wgpsk "$(cat "$1")";;
    esac
  done
}
restore_interface() {
  local name=$1 saved=$3 mtu word a b rest peers= key wanted now up=down
  if [ "$2" = absent ]; then
    ifconfig "$name" >/dev/null 2>&1 || return 0
    retire_interface "$name"
    return
  fi
  # Nothing of it is left after a power cut: the boot has made the interface.
  if [ ! -s "$saved" ] || is_lost "$saved"; then return 0; fi
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
  _share "$name" "$saved"
  wanted=$(_addresses "$saved") now=$(ifconfig "$name" | _addresses)
  print -r -- "$now" | while read -r word a rest; do
    case "$_line$wanted" in *"$_line$word $a $rest"*) ;; *) [ -z "$a" ] || ifconfig "$name" "$word" "$a" delete;; esac
  done
  print -r -- "$wanted" | while read -r word a rest; do
    case "$_line$now" in *"$_line$word $a $rest"*) ;; *) [ -z "$a" ] || ifconfig "$name" "$word" "$a" $rest alias;; esac
  done
  [ "$(_shape "$saved")" = "$(ifconfig "$name" | _shape)" ] ||
    complain "$name was not restored completely; see ifconfig $name"
}
`;

/** Its saved text is what ifconfig(8) printed. */
export const keptInterface: KeptKind = {
  name: 'interface',
  keep: 'ifconfig "$3" >"$1/interface.$3" 2>/dev/null && state=present || state=absent',
  restore: `${RETIRE}${RESTORE}`,
  saves: true,
  isRisky: true,
  cutsConnections: true,
};

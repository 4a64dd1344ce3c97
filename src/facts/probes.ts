/**
 * Probes that a host runs in parallel, so that they take as long as the slowest. They change nothing: no mail is sent, no
 * setting is touched.
 */
import { type Command, command } from '../run/command.ts';
import { SECRET_VALUE } from './secret-value.ts';

/** A probe: a function of the script below and its arguments. */
export type Probe = readonly [
  name: 'reach' | 'large' | 'smtp' | 'outside' | 'wire' | 'dns' | 'names',
  ...words: string[],
];

// OpenBSD's ksh and base alone. Every line is printed with its probe's number, in one write, so that lines of different
// probes are never mixed. `smtp` sends one command at a time, because smtpd refuses pipelining (smtp_session.c), in lower
// case, because s_client treats a line with Q or R as its own command. A refused connection is tried again: the daemon may
// just be restarting.
const SCRIPT = `${SECRET_VALUE}
cr=$(print '\\r'); trap '' PIPE

probe() {
  local number=$1 line
  shift
  { "$@" 2>&1; print -r -- "exit $?"; } |
    while IFS= read -r line || [ -n "$line" ]; do print -r -- "$number $line"; done &
}

look_at_tunnel() {
  local text=$(ifconfig "$interface" 2>/dev/null)
  case $text in *' mtu '*) mtu=\${text#*' mtu '} mtu=\${mtu%%[!0-9]*};; esac
  [ $(($(date +%s) - $(sysctl -n kern.boottime))) -gt "$settled" ] || return
  silent_peers=$(print -r -- "$text" | awk '
    $1 == "wgpeer" { endpoint = counted = shaken = 0 }
    $1 == "wgendpoint" { endpoint = 1 }
    $1 == "tx:" { counted = ($2 == "0," && $4 == "0") }
    $1 == "last" { shaken = 1 }
    $1 == "wgaip" { split($2, aip, "/"); if (endpoint && counted && !shaken) printf "%s ", aip[1] }')
}

silent() { case " $silent_peers" in *" $1 "*) return 0;; *) return 1;; esac; }

once() {
  local program=ping
  case $1 in *:*) program=ping6;; esac
  "$program" -n -c 1 -w 1 "$1"
}

reach() {
  local until=$((SECONDS + patience)) more=2
  if silent "$1"; then echo silent; return 1; fi
  until once "$1"; do
    if [ $SECONDS -ge $until ]; then
      [ $more -gt 0 ] && ifconfig "$interface" | grep -q 'last handshake: -*[0-5] second' || return 1
      more=$((more - 1))
    fi
    sleep 0.2
  done
}

large() {
  local tries=3
  reach "$1" >/dev/null 2>&1 || return 1
  while [ $tries -gt 0 ]; do
    case $1 in
      *:*) ping6 -n -m -c 1 -w 1 -s $((\${mtu:-1420} - 48)) "$1";;
      *) ping -n -D -c 1 -w 1 -s $((\${mtu:-1420} - 28)) "$1";;
    esac && return
    tries=$((tries - 1))
  done
  return 1
}

hear() {
  local line inside=
  while IFS= read -rp line; do
    line=\${line%"$cr"}
    case $line in
      [2-5][0-9][0-9]' '*) print -r -- "< $line"; return 0;;
      250-*' Hello '*) print -r -- "- $line";;
      -----BEGIN*) inside=yes;;
    esac
    [ -n "$inside" ] && print -r -- "$line"
    case $line in
      -----END*) inside=;;
      *'Verify return code'*|CONNECTED*|'no peer certificate'*) print -r -- "$line";;
    esac
  done
  return 1
}

say() { print -r -- "> \${2-$1}"; print -rp -- "$1$eol" 2>/dev/null && hear; }

authenticate() {
  local value=$(secret_value "$1" /etc/mail/secrets)
  say "auth plain $({ print -n '\\0'; print -rn -- "\${value%%:*}"; print -n '\\0'; print -rn -- "\${value#*:}"; } |
    openssl base64 -A)" auth
}

smtp() {
  local tries=3
  if silent "$1"; then echo silent; return 1; fi
  exec 3>&1
  until ( session "$@" ); do
    tries=$((tries - 1))
    [ $tries -gt 0 ] && [ $SECONDS -lt $patience ] || return 1
    sleep 1
  done
}

session() {
  local address=$1 name=$2 ca=$3 own=$4 user=$5 to
  shift 5
  if [ -n "$name" ]; then
    set -A options -- -connect "$address:25" -starttls smtp -servername "$name" -crlf
    [ -z "$ca" ] || set -A options -- "\${options[@]}" -CAfile "$ca"
    [ -z "$own" ] || set -A options -- "\${options[@]}" -cert "\${own%%,*}" -key "\${own#*,}"
    eol=
    timeout 8 openssl s_client "\${options[@]}" 2>&3 |&
  else
    eol=$cr
    timeout 8 nc -v \${own:+-s "$own"} "$address" 25 2>&3 |&
    hear || return 1
  fi
  say "ehlo $me" || return 1
  if [ -n "$user" ]; then authenticate "$user" || return 0; fi
  if [ $# -gt 0 ]; then
    say 'mail from:<>' || return 0
    for to; do say "rcpt to:<$to>" || return 0; done
  fi
  say quit
  return 0
}

outside() {
  exec 3>&1
  eol=$cr
  timeout 5 nc -v -w 3 "$1" 25 2>&3 |&
  hear && say quit
}

wire() {
  local via
  if silent "$3" || once "$3" >/dev/null 2>&1; then return 0; fi
  case $1 in
    *:*) via=$(route -n get -inet6 "$1");;
    *) via=$(route -n get "$1");;
  esac
  via=$(print -r -- "$via" | sed -n 's/^ *interface: //p')
  once "$1"
  timeout "$patience" tcpdump -l -n -i "$via" -c 30 host "$1" and \\( udp port "$2" or icmp or icmp6 \\)
}

dns() {
  case $1 in
    ptr) timeout 6 host -W 2 "$2";;
    *) timeout 6 host -W 2 -t "$1" "$2";;
  esac
}

names() {
  local name
  for name; do
    print -r -- "= $name"
    timeout 6 getent hosts "$name"
  done
}

interface=$1 settled=$2 patience=$3
shift 3
number=0 me= mtu= silent_peers=
[ -z "$interface" ] || look_at_tunnel
while [ $# -gt 0 ]; do
  words=$1
  shift
  n=0
  set -A probe_words --
  while [ $n -lt "$words" ]; do probe_words[n]=$1; shift; n=$((n + 1)); done
  [ "\${probe_words[0]}" != smtp ] || [ -n "$me" ] || me=$(hostname)
  probe $number "\${probe_words[@]}"
  number=$((number + 1))
done
wait
[ -z "$interface" ] || ifconfig "$interface"
`;

/** Seconds after a boot for which a gateway may be silent, until the tunnel watch in its crontab wakes the tunnel. */
const SETTLED_SECONDS = 90;

/** Seconds to wait for the answer to a ping: a handshake that failed is tried again after 5 s (REKEY_TIMEOUT of wg_noise.h). */
const PATIENCE_SECONDS = 6;

/** @param wgInterface name of the tunnel's interface; empty where the host has none. */
export const probing = (wgInterface: string, probes: readonly Probe[]): Command =>
  command(
    SCRIPT,
    wgInterface,
    String(SETTLED_SECONDS),
    String(PATIENCE_SECONDS),
    ...probes.flatMap(probe => [String(probe.length), ...probe]),
  );

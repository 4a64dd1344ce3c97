/**
 * Probes that a host runs in parallel, beside all other questions, so that they take as long as the slowest. They change nothing: no mail is sent, no
 * setting is touched.
 */
import { type Command, early } from '../run/command.ts';
import type { Probe } from './probe.ts';
import { SECRET_VALUE } from './secret-value.ts';
import { TUNNEL_PROBES } from './tunnel-probes.ts';

/** `label NUMBER TEXT` prints the lines of a text with their probe's number. */
const LABEL = `newline="
"
label() {
  local line IFS=$newline
  set -f
  for line in $2; do print -r -- "$1 $line"; done
  set +f
}
`;

// Number, type and name of each are its arguments. It is run by one timeout(1), which signals all that it has started.
const LOOK_UP = `${LABEL}
while [ $# -gt 0 ]; do
  {
    case $2 in
      ptr) text=$(exec host -W 2 "$3" 2>&1);;
      *) text=$(exec host -W 2 -t "$2" "$3" 2>&1);;
    esac
    label $1 "$text\${newline}exit $?"
  } &
  shift 3
done
wait
`;

// OpenBSD's ksh and base alone. Every line is printed with its probe's number, in one write, so that lines of different
// probes are never mixed. `smtp` sends one command at a time, because smtpd refuses pipelining (smtp_session.c), in lower
// case, because s_client treats a line with Q or R as its own command. A refused connection is tried again: the daemon may
// just be restarting. getent(1) prints each address with the name that it was asked for, and stops at an unknown one: then
// all are asked for one by one.
const SCRIPT = `${SECRET_VALUE}
cr=$(print '\\r'); trap '' PIPE
${LABEL}
probe() {
  local number=$1 text
  shift
  text=$("$@" 2>&1)
  label "$number" "$text\${newline}exit $?"
}

${TUNNEL_PROBES}
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
  local number=$1 tries=3 text= said status=1
  shift
  if silent "$1"; then
    label $number "silent\${newline}exit 1"
    return
  fi
  while :; do
    said=$(exec 3>&1; session "$@" 2>&1) && status=0
    text=$text$said$newline
    tries=$((tries - 1))
    [ $status -ne 0 ] && [ $tries -gt 0 ] && [ $SECONDS -lt $patience ] || break
    sleep 1
  done
  label $number "\${text}exit $status"
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

names() {
  local name line found IFS=$newline
  if [ $# -gt 1 ] && found=$(timeout 6 getent hosts "$@" 2>/dev/null); then
    for name; do
      print -r -- "= $name"
      for line in $found; do case $line in *" $name") print -r -- "$line";; esac; done
    done
    return
  fi
  for name; do
    print -r -- "= $name"
    timeout 6 getent hosts "$name"
  done
}

interface=$1 settled=$2 patience=$3
shift 3
number=0 me= mtu= silent_peers=
set -A dns --
[ -z "$interface" ] || look_at_tunnel
echo '# probes'
while [ $# -gt 0 ]; do
  words=$1
  shift
  n=0
  set -A probe_words --
  while [ $n -lt "$words" ]; do probe_words[n]=$1; shift; n=$((n + 1)); done
  case \${probe_words[0]} in
    reach) peer $number "\${probe_words[1]}" "$@" &;;
    large|wire) ;;
    dns) n=\${#dns[*]} dns[n]=$number dns[n+1]=\${probe_words[1]} dns[n+2]=\${probe_words[2]};;
    smtp) [ -n "$me" ] || me=$(hostname); probe_words[0]=$number; smtp "\${probe_words[@]}" &;;
    *) probe $number "\${probe_words[@]}" &;;
  esac
  number=$((number + 1))
done
if [ \${#dns[*]} -gt 0 ]; then
  timeout 6 sh -c '${LOOK_UP}' sh "\${dns[@]}" &
  wait $! || { set -- "\${dns[@]}"; while [ $# -gt 0 ]; do label $1 'exit 124'; shift 3; done; }
fi
wait
[ -z "$interface" ] || exec ifconfig "$interface"
`;

/** Seconds after a boot for which a gateway may be silent, until the tunnel watch in its crontab wakes the tunnel. */
const SETTLED_SECONDS = 90;

/** Seconds to wait for the answer to a ping: a handshake that failed is tried again after 5 s (REKEY_TIMEOUT of wg_noise.h). */
const PATIENCE_SECONDS = 6;

/** @param wgInterface name of the tunnel's interface; empty where the host has none. */
export const probing = (wgInterface: string, probes: readonly Probe[]): Command =>
  early(
    SCRIPT,
    wgInterface,
    String(SETTLED_SECONDS),
    String(PATIENCE_SECONDS),
    ...probes.flatMap(({ words }) => [String(words.length), ...words]),
  );

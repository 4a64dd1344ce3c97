/** What is asked of a peer in the tunnel. */

/**
 * Functions for the script of probes.ts, which use its `probe`, `label`, `interface`, `settled`, `patience` and `newline`.
 *
 * `look_at_tunnel` prints the interface and gives `mtu` and `silent_peers` their values: peers that no packet has come from or gone to since the
 * boot. `peer NUMBER ADDRESS [WORDS]...` answers reach and, if they follow it, large and wire for the same address:
 * large needs the answer to a ping, wire is wanted where there is none.
 */
export const TUNNEL_PROBES = `
look_at_tunnel() {
  local line text endpoint= busy= blanks=$IFS IFS=$newline
  text=$(ifconfig "$interface" 2>/dev/null)
  print -r -- "$text"
  case $text in *' mtu '*) mtu=\${text#*' mtu '} mtu=\${mtu%%[!0-9]*};; esac
  set -f
  for line in $text; do
    IFS=$blanks
    set -- $line
    case $1 in
    wgpeer) endpoint= busy=yes;;
    wgendpoint) endpoint=yes;;
    tx:) [ "$2 $4" != '0, 0' ] || busy=;;
    last) busy=yes;;
    wgaip) [ -z "$endpoint" ] || [ -n "$busy" ] || silent_peers="$silent_peers\${2%%/*} ";;
    esac
  done
  set +f
  [ -z "$silent_peers" ] || [ $(($(date +%s) - $(sysctl -n kern.boottime))) -gt "$settled" ] || silent_peers=
}

silent() { case " $silent_peers" in *" $1 "*) return 0;; *) return 1;; esac; }

once() {
  case $1 in *:*) ping6 -n -c 1 -w 1 "$1";; *) ping -n -c 1 -w 1 "$1";; esac
}

reach() {
  local more=2
  while :; do
    if [ $SECONDS -ge $until ]; then
      [ $more -gt 0 ] && ifconfig "$interface" | grep -q 'last handshake: -*[0-5] second' || return 1
      more=$((more - 1))
    fi
    sleep 0.2
    once "$1" && return
  done
}

large() {
  local tries=3
  while [ $tries -gt 0 ]; do
    case $1 in
      *:*) ping6 -n -m -c 1 -w 1 -s $((\${mtu:-1420} - 48)) "$1";;
      *) ping -n -D -c 1 -w 1 -s $((\${mtu:-1420} - 28)) "$1";;
    esac && return
    tries=$((tries - 1))
  done
  return 1
}

# reach, and what behind it is asked of the same address: large, if it answers, and wire, if it does not at once.
peer() {
  local number=$1 address=$2 until=$((SECONDS + patience)) text= status=0 large= wire=
  shift 2
  [ "$1 $2" != '2 large' ] || { large=$((number + 1)); shift 3; }
  [ "$1 $2" != '4 wire' ] || wire=$((number + \${large:+1} + 1))
  if silent "$address"; then
    text=silent status=1
  else
    case $address in
      *:*) text=$(ping6 -n -c 1 -w 1 "$address" 2>&1);;
      *) text=$(ping -n -c 1 -w 1 "$address" 2>&1);;
    esac
    if [ $? -ne 0 ]; then
      if [ -n "$wire" ]; then probe $wire wire "$3" "$4" & fi
      wire=
      text=$text$newline$(reach "$address" 2>&1) || status=1
    fi
  fi
  label $number "$text\${newline}exit $status"
  [ -z "$wire" ] || label $wire 'exit 0'
  if [ -z "$large" ]; then :
  elif [ $status -eq 0 ]; then probe $large large "$address"
  else label $large 'exit 1'
  fi
  wait
}

wire() {
  local via
  case $1 in
    *:*) via=$(route -n get -inet6 "$1");;
    *) via=$(route -n get "$1");;
  esac
  via=$(print -r -- "$via" | sed -n 's/^ *interface: //p')
  once "$1"
  timeout "$patience" tcpdump -l -n -i "$via" -c 30 host "$1" and \\( udp port "$2" or icmp or icmp6 \\)
}
`;

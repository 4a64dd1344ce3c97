/** How a tunnel is verified after a change of it. */
import { STATE_DIRECTORY as STATE } from '../run/prelude.ts';

/** Seconds for which a host tries to verify its tunnel: one retry of WireGuard's handshake takes 5 s. */
const VERIFY_SECONDS = 12;

/**
 * `verify_tunnel INTERFACE ADDRESS PEER [COMMAND...]`, under an armed dead-man switch. A handshake verifies keys and endpoints, an
 * answer to a ping addresses and routes; the far end may be changed a little later, hence the repetitions.
 * `last handshake` of ifconfig(8) has whole seconds, and they are negative for one that was before the clock was set
 * back. COMMAND ends the sessions and asks for a handshake: it is run first of all, so that nothing of an old session can
 * answer, and again where that came too early.
 */
export const VERIFY_TUNNEL = `
_shaken_since() {
  local now=$(date +%s) age
  age=$(ifconfig "$1" | awk -v peer="$2" '$1 == "wgpeer" { ours = $2 == peer } ours && $1 == "last" { print $3 }')
  [ "\${age:--1}" -ge 0 ] && [ $((now - age)) -ge "$3" ]
}
verify_tunnel() {
  local interface=$1 address=$2 peer=$3 ping=ping6 since pong= asked=-9 end=$((SECONDS + ${VERIFY_SECONDS}))
  shift 3
  case $address in *:*) ;; *) ping=ping;; esac
  since=$(stat -f %m ${STATE}/armed/switched 2>/dev/null || stat -f %m ${STATE}/armed/run) || return
  ifconfig "$interface" | grep -qF "wgpeer $peer" || { complain "$interface has no peer $peer"; return; }
  while :; do
    [ $# -eq 0 ] || [ $((SECONDS - asked)) -lt 2 ] || { "$@"; asked=$SECONDS; }
    if $ping -n -c 1 -w 1 "$address" >/dev/null 2>&1; then
      pong=yes
      _shaken_since "$interface" "$peer" "$since" && return 0
    fi
    [ $SECONDS -lt $end ] || break
    sleep 0.2
  done
  [ -n "$pong" ] || { complain "$address does not answer through $interface"; return; }
  complain "$address answers, but $interface has had no handshake with $peer since the change"
}
`;

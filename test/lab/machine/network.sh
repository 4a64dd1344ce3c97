# The lab's wires, sourced by scripts/lab. A namespace "$LAB-wire" holds one bridge per network; "$LAB-line" is the
# gateway's home line: it lets out everything and in only what was asked for, as a home router without port forwarding.
#
#   root namespace ── mgmt ── vio0 of every host        198.18.N.0/24, N = the instance's number
#   internet ── inet ── namorar vio1                    192.0.2.0/24, 2001:db8:1234:1234::/64
#                  └── line ── carinho vio1             192.0.2.77
#   carinho vio2 ── lan ── mimando vio1                 2001:db8:6969::/64
#   saudade, where it is asked for: vio1 in inet, vio2 in lan

wire="$LAB-wire" line="$LAB-line"

# in_net NAMESPACE COMMAND…: without ip netns exec's remounts, which cost ten times as much.
in_net() {
  local name=$1
  shift
  nsenter --net="/run/netns/$name" "$@"
}

wires_up() {
  ip netns add "$wire"
  in_net "$wire" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
  local bridge
  for bridge in mgmt inet lan; do echo "link add $bridge up type bridge mcast_snooping 0"; done |
    ip -n "$wire" -batch -
  ip link add "$uplink" type veth peer name root netns "$wire"
  ip -n "$wire" link set root master mgmt up
  ip addr add "198.18.$number.1/24" dev "$uplink"
  ip link set "$uplink" up
  # The lab's internet is not this machine's: what mailtun tries from here must not leave it.
  ip route replace unreachable 192.0.2.0/24
  ip -6 route replace unreachable 2001:db8::/32 2>/dev/null || true
  line_up
}

line_up() {
  ip netns add "$line"
  in_net "$line" sh -c 'cd /proc/sys/net
    echo 1 >ipv6/conf/default/disable_ipv6; echo 1 >ipv4/ip_forward; echo 1 >ipv4/conf/all/proxy_arp
    for name in all default; do echo 0 >ipv4/conf/$name/send_redirects; echo 0 >ipv4/conf/$name/rp_filter; done'
  ip -n "$line" link add wan type veth peer name carinho1 netns "$wire"
  ip -n "$wire" link set carinho1 master inet up
  ip -n "$line" -batch - <<-EOF
	link set lo up
	addr add 192.0.2.1/24 dev wan
	link set wan up
	EOF
  answer_at_once wan
  in_net "$line" chroot "$tree" /usr/sbin/nft -f - <<-EOF
	table ip line {
	  chain forward {
	    type filter hook forward priority 0; policy drop;
	    iifname "home" accept
	    ct state established,related accept
	  }
	}
	EOF
}

# Linux lets an ARP question for somebody else wait up to 0.8 s.
answer_at_once() { in_net "$line" sh -c "echo 0 >/proc/sys/net/ipv4/neigh/$1/proxy_delay"; }

# plug HOST INTERFACE NETWORK, run in the host's own new network namespace: an interface, and its port at the other end.
# A machine keeps its hardware addresses over a reboot, or its neighbours would go on talking to the old ones.
plug() {
  local host=$1 interface=$2 network=$3
  local port=$host${interface#vio} mac
  mac=$(printf '%s %s %s' "$LAB" "$host" "$interface" | md5sum | sed -E 's/^(..)(..)(..)(..)(..).*/\1:\2:\3:\4:\5/')
  if [ "$network" = line ]; then
    ip -n "$line" link del home 2>/dev/null || true
    ip link add "$interface" address "02:$mac" type veth peer name home address "06:$mac" netns "$line"
    ip -n "$line" -batch - <<-EOF
	link set home up
	route add 192.0.2.77 dev home
	EOF
    answer_at_once home
  else
    ip -n "$wire" link del "$port" 2>/dev/null || true
    ip link add "$interface" address "02:$mac" type veth peer name "$port" netns "$wire"
    ip -n "$wire" link set "$port" master "$network" up
  fi
}

wires_down() {
  ip link del "$uplink" 2>/dev/null || true
  if ! ip -o addr show | grep -q ' 198\.18\.'; then
    ip route del unreachable 192.0.2.0/24 2>/dev/null || true
    ip -6 route del unreachable 2001:db8::/32 2>/dev/null || true
  fi
  local name
  for name in "$wire" "$line"; do
    [ ! -e "/run/netns/$name" ] || ip netns del "$name"
  done
}

# The host's way to the others; management stays. A cut drops every packet without a word, as a dead line does.
link_state() {
  local host=$1 state=$2
  bridge -n "$wire" link set dev "${host}1" state "$state"
}

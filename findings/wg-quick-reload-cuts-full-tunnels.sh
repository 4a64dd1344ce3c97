#!/bin/sh
# A reload of wg-quick@wg0, even with an unchanged file, cuts off a host that sends all its traffic through the tunnel.
#
# One would guess: `systemctl reload wg-quick@wg0`, which runs `wg syncconf wg0 <(wg-quick strip wg0)` (wg-quick(8)), changes
# nothing where the file is as it was: syncconf "only makes changes that are explicitly different between the configuration file
# and the interface" and has "the benefit of not disrupting current peer sessions" (wg(8)).
# It is: for AllowedIPs = 0.0.0.0/0 wg-quick gives the interface a mark, by which the encrypted packets escape the rule that
# sends all others into the tunnel. The mark is not in the file, so syncconf takes it away, with exit 0. From then on the
# encrypted packets go into the tunnel, too, and the host reaches nobody outside its LAN until the mark is set again (wg-quick
# down, up). A line `FwMark = 51820` in the file prevents it. Tunnels of some networks only have no mark, and a reload does not
# hurt them.
# Needs root, for a folder tree and a tun device of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 wireguard-tools=1.0.20210914-3 wireguard-go=0.0.20231211-1+b9 iproute2 nftables bash <<'RUN'
export LC_ALL=C WG_QUICK_USERSPACE_IMPLEMENTATION=wireguard-go
echo 'wireguard-tools 1.0.20210914, wireguard-go 0.0.20231211 (Debian 13)' >&2
mkdir /dev/net
mknod /dev/net/tun c 10 200
ln -s /proc/self/fd /dev/fd
reload=$(sed -n 's/^ExecReload=//p' /usr/lib/systemd/system/wg-quick@.service)
echo "$reload"
ip link add up0 type veth peer name up1
ip addr add 192.0.2.2/24 dev up0
ip link set up0 up
ip link set up1 up
ip route add default via 192.0.2.1
through() { sed -n 's/.* dev \([^ ]*\) .*/\1/p'; }
show() {
  mark=$(wg show wg0 fwmark)
  [ "$mark" = off ] && marked=0 || marked=$mark
  echo "  $1: mark $mark; encrypted packets to 203.0.113.1 go through $(ip route get 203.0.113.1 mark "$marked" | through)," \
    "others to 198.51.100.1 through $(ip route get 198.51.100.1 | through)"
}
try() {
  echo "AllowedIPs = $1${2:+, $2}"
  printf '%s\n' '[Interface]' 'PrivateKey = cETfCpSdWS70vRoFbIZgSAIuQzPr4aDkHhP1+Oc9JWY=' 'Address = 10.9.0.2/24' ${2:+"$2"} '[Peer]' \
    'PublicKey = tEUnvlNQCWzyFviwaMWy1CaojfF2FAtalvpwjj/WAxk=' 'Endpoint = 203.0.113.1:51820' "AllowedIPs = $1" >/etc/wireguard/wg0.conf
  wg-quick up wg0 >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
  show up
  eval "$(echo "$reload" | sed 's/%i/wg0/g')" && code=0 || code=$?
  echo "  reload: exit $code"
  show reloaded
  wg-quick down wg0 >/dev/null 2>&1
}
umask 077
mkdir -p /etc/wireguard
try 0.0.0.0/0
try 0.0.0.0/0 'FwMark = 51820'
try 198.51.100.0/24
RUN
)
echo "$seen"
[ "$seen" = "/bin/bash -c 'exec /usr/bin/wg syncconf %i <(exec /usr/bin/wg-quick strip %i)'
AllowedIPs = 0.0.0.0/0
  up: mark 0xca6c; encrypted packets to 203.0.113.1 go through up0, others to 198.51.100.1 through wg0
  reload: exit 0
  reloaded: mark off; encrypted packets to 203.0.113.1 go through wg0, others to 198.51.100.1 through wg0
AllowedIPs = 0.0.0.0/0, FwMark = 51820
  up: mark 0xca6c; encrypted packets to 203.0.113.1 go through up0, others to 198.51.100.1 through wg0
  reload: exit 0
  reloaded: mark 0xca6c; encrypted packets to 203.0.113.1 go through up0, others to 198.51.100.1 through wg0
AllowedIPs = 198.51.100.0/24
  up: mark off; encrypted packets to 203.0.113.1 go through up0, others to 198.51.100.1 through wg0
  reload: exit 0
  reloaded: mark off; encrypted packets to 203.0.113.1 go through up0, others to 198.51.100.1 through wg0" ] || { echo 'changed' >&2; exit 1; }

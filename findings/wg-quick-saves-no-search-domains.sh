#!/bin/sh
# wg-quick with `SaveConfig = true` loses the search domain of `DNS =` and the name of each endpoint when the tunnel goes down.
#
# One would guess: "the configuration is saved from the current state of the interface upon shutdown" (wg-quick(8)), so that a peer
# added with `wg set` stays; a tunnel that nobody has changed is as before at the next `wg-quick up`.
# It is: `DNS = 10.9.0.1, lan` comes back as `DNS = 10.9.0.1`, since of what resolvconf(8) has wg-quick reads the lines with
# nameservers only. From the second `up` on short names of the LAN are not found. `Endpoint = gw.lan:51820` has become an address, which
# is wrong as soon as the other end gets another one, as with dynamic DNS. The link-local address of wireguard-go's interface, a
# random one, is saved, too: each `up` adds one to those of the times before. Comments are gone. Exit 0, no word.
# Needs root, for a folder tree and a tun device of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 wireguard-tools=1.0.20210914-3 wireguard-go=0.0.20231211-1+b9 openresolv=3.13.2-3 iproute2 bash <<'RUN'
export LC_ALL=C WG_QUICK_USERSPACE_IMPLEMENTATION=wireguard-go
echo 'wireguard-tools 1.0.20210914, wireguard-go 0.0.20231211, openresolv 3.13.2 (Debian 13)' >&2
mkdir /dev/net
mknod /dev/net/tun c 10 200
ln -s /proc/self/fd /dev/fd
umask 077
mkdir -p /etc/wireguard
echo '127.0.0.9 gw.lan' >>/etc/hosts
: >/etc/resolv.conf
# With or without SaveConfig.
try() {
  echo "SaveConfig = $1"
  printf '%s\n' '[Interface]' 'PrivateKey = cETfCpSdWS70vRoFbIZgSAIuQzPr4aDkHhP1+Oc9JWY=' 'Address = 10.9.0.2/24' \
    'DNS = 10.9.0.1, lan' "SaveConfig = $1" '# gateway' '[Peer]' 'PublicKey = tEUnvlNQCWzyFviwaMWy1CaojfF2FAtalvpwjj/WAxk=' \
    'Endpoint = gw.lan:51820' 'AllowedIPs = 10.1.0.0/16' >/etc/wireguard/wg0.conf
  for time in 1 2 3; do
    wg-quick up wg0 >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
    echo "  up $time: resolv.conf has $(grep -v '^#' /etc/resolv.conf | tr '\n' ';'), link-local addresses: $(ip -6 addr show dev wg0 | grep -c fe80::)"
    wg-quick down wg0 >/tmp/log 2>&1 && code=0 || code=$?
    echo "  down: exit $code; $(grep -E '^(DNS|Endpoint|#)' /etc/wireguard/wg0.conf | tr '\n' ';')"
  done
}
try false
try true
RUN
)
echo "$seen"
[ "$seen" = 'SaveConfig = false
  up 1: resolv.conf has search lan;nameserver 10.9.0.1;, link-local addresses: 1
  down: exit 0; DNS = 10.9.0.1, lan;# gateway;Endpoint = gw.lan:51820;
  up 2: resolv.conf has search lan;nameserver 10.9.0.1;, link-local addresses: 1
  down: exit 0; DNS = 10.9.0.1, lan;# gateway;Endpoint = gw.lan:51820;
  up 3: resolv.conf has search lan;nameserver 10.9.0.1;, link-local addresses: 1
  down: exit 0; DNS = 10.9.0.1, lan;# gateway;Endpoint = gw.lan:51820;
SaveConfig = true
  up 1: resolv.conf has search lan;nameserver 10.9.0.1;, link-local addresses: 1
  down: exit 0; DNS = 10.9.0.1;Endpoint = 127.0.0.9:51820;
  up 2: resolv.conf has nameserver 10.9.0.1;, link-local addresses: 2
  down: exit 0; DNS = 10.9.0.1;Endpoint = 127.0.0.9:51820;
  up 3: resolv.conf has nameserver 10.9.0.1;, link-local addresses: 3
  down: exit 0; DNS = 10.9.0.1;Endpoint = 127.0.0.9:51820;' ] || { echo 'changed' >&2; exit 1; }

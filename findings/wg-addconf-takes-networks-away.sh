#!/bin/sh
# `wg addconf` takes away the allowed IPs of a peer that it adds some to; setconf does so with a peer's second section.
#
# One would guess: addconf "appends" a file to the configuration (wg(8)), so a peer that has 10.1.0.0/24 and gets 10.2.0.0/24
# has both. And two sections of the same peer in one file, as of `cat one two`, mean together what they say, or are refused.
# It is: each [Peer] section begins by taking all allowed IPs of that peer away, so the last section has the last word
# about them; all else (here the preshared key and the keepalive) adds up. A section that adds only a keepalive leaves no
# allowed IP, and the tunnel takes no packet any more. Exit 0, no word.
# Needs root, for a network namespace and a tun device of its own.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -qq wireguard-tools=1.0.20210914-1+b1 wireguard-go=0.0.20220316-1+b4 >/dev/null 2>&1
for deb in *.deb; do dpkg-deb -x "$deb" .; done
PATH=$dir/usr/bin:$PATH
peer='[Peer]
PublicKey = tEUnvlNQCWzyFviwaMWy1CaojfF2FAtalvpwjj/WAxk='
cat >first <<CONF
[Interface]
PrivateKey = cETfCpSdWS70vRoFbIZgSAIuQzPr4aDkHhP1+Oc9JWY=
$peer
AllowedIPs = 10.1.0.0/24
PresharedKey = fJCIZ6CRz+/AwWYPl5Qg2fvuUOpcBaK0N/ooeoindhQ=
CONF
printf '%s\n' "$peer" 'AllowedIPs = 10.2.0.0/24' 'PersistentKeepalive = 25' >second
printf '%s\n' "$peer" 'PersistentKeepalive = 50' >third
cat first second >both
sed '1,/^PublicKey/d; /^PersistentKeepalive/d' second >lines
cat first lines >one-section
cat >run.sh <<'RUN'
WG_PROCESS_FOREGROUND=1 wireguard-go wgfind >log 2>&1 &
pid=$!
tries=50
until wg show wgfind >/dev/null 2>&1; do tries=$((tries - 1)); [ $tries -gt 0 ] || { cat log; exit 1; }; sleep 0.1; done
show() { echo "$1: exit $2, $(wg show wgfind dump | cut -f 2,4,8 | sed '1d; s/^fJ[^\t]*/preshared key/' | tr '\t' ' ')"; }
wg setconf wgfind one-section; show 'setconf, two lines in one section' $?
wg setconf wgfind both; show 'setconf, two sections' $?
wg setconf wgfind first; show 'setconf' $?
wg addconf wgfind second; show 'addconf with a network' $?
wg addconf wgfind third; show 'addconf with a keepalive' $?
kill $pid
RUN
echo "wireguard-tools 1.0.20210914, wireguard-go 0.0.20220316 (Debian 12)"
seen=$(unshare -n sh run.sh)
echo "$seen"
[ "$seen" = 'setconf, two lines in one section: exit 0, preshared key 10.1.0.0/24,10.2.0.0/24 off
setconf, two sections: exit 0, preshared key 10.2.0.0/24 25
setconf: exit 0, preshared key 10.1.0.0/24 off
addconf with a network: exit 0, preshared key 10.2.0.0/24 25
addconf with a keepalive: exit 0, preshared key (none) 50' ] || { echo 'changed' >&2; exit 1; }

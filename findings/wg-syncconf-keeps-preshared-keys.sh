#!/bin/sh
# `wg syncconf` keeps the preshared key of a peer whose file no longer has one, with exit 0.
#
# One would guess: after syncconf (and `systemctl reload wg-quick@wg0`, which runs it) the interface is as after setconf,
# only "without disrupting current peer sessions" (wg(8)).
# It is: what is missing from the file is reset for the interface (ListenPort, FwMark) and for the allowed IPs, but not for
# the rest of a peer. A preshared key that was deleted from the files of both sides stays in force where syncconf was
# used, and no handshake succeeds until the interface is set up anew (setconf, wg-quick up). PersistentKeepalive stays too.
# Needs root, for a network namespace and a tun device of its own.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -qq wireguard-tools=1.0.20210914-1+b1 wireguard-go=0.0.20220316-1+b4 >/dev/null 2>&1
for deb in *.deb; do dpkg-deb -x "$deb" .; done
PATH=$dir/usr/bin:$PATH
cat >before <<'CONF'
[Interface]
PrivateKey = cETfCpSdWS70vRoFbIZgSAIuQzPr4aDkHhP1+Oc9JWY=
ListenPort = 51820
FwMark = 0x33

[Peer]
PublicKey = tEUnvlNQCWzyFviwaMWy1CaojfF2FAtalvpwjj/WAxk=
PresharedKey = fJCIZ6CRz+/AwWYPl5Qg2fvuUOpcBaK0N/ooeoindhQ=
AllowedIPs = 10.1.0.0/24, 10.2.0.0/24
PersistentKeepalive = 25
CONF
sed '/^FwMark/d; /^PresharedKey/d; /^PersistentKeepalive/d; s/, 10.2.0.0.24//' before >after
cat >run.sh <<'RUN'
WG_PROCESS_FOREGROUND=1 wireguard-go wgfind >log 2>&1 &
pid=$!
tries=50
until wg show wgfind >/dev/null 2>&1; do tries=$((tries - 1)); [ $tries -gt 0 ] || { cat log; exit 1; }; sleep 0.1; done
for with in syncconf setconf; do
  wg setconf wgfind before
  wg $with wgfind after
  echo "$with: exit $?, fwmark $(wg show wgfind fwmark)"
  for what in allowed-ips persistent-keepalive preshared-keys; do echo "  $what $(wg show wgfind $what | cut -f2)"; done
done
kill $pid
RUN
echo "wireguard-tools 1.0.20210914, wireguard-go 0.0.20220316 (Debian 12)"
seen=$(unshare -n sh run.sh)
echo "$seen"
[ "$seen" = 'syncconf: exit 0, fwmark off
  allowed-ips 10.1.0.0/24
  persistent-keepalive 25
  preshared-keys fJCIZ6CRz+/AwWYPl5Qg2fvuUOpcBaK0N/ooeoindhQ=
setconf: exit 0, fwmark off
  allowed-ips 10.1.0.0/24
  persistent-keepalive off
  preshared-keys (none)' ] || { echo 'changed' >&2; exit 1; }

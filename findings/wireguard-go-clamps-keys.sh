#!/bin/sh
# wireguard-go gives back another private key than it was given, and takes its own public key as a peer with exit 0.
#
# One would guess: `wg show IF private-key` prints what `wg set IF private-key FILE` read; a peer that can't be (the
# interface itself) is refused.
# It is: the key is stored clamped (three bits cleared, one set), so a backup made with `wg showconf` differs from the
# key file although the public key is the same, and comparing the two finds a change for ever. wg pubkey and wg genkey
# agree with both forms: `openssl rand -base64 32`, which wg(4) of OpenBSD documents as a key, is hardly ever clamped.
# The peer with the interface's own key is dropped without a word.
# Needs root, for a network namespace and a tun device of its own.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -qq wireguard-tools=1.0.20210914-1+b1 wireguard-go=0.0.20220316-1+b4 >/dev/null 2>&1
for deb in *.deb; do dpkg-deb -x "$deb" .; done
PATH=$dir/usr/bin:$PATH
echo 'd0TfCpSdWS70vRoFbIZgSAIuQzPr4aDkHhP1+Oc9JaY=' >key
cat >run.sh <<'RUN'
WG_PROCESS_FOREGROUND=1 wireguard-go wgfind >log 2>&1 &
pid=$!
tries=50
until wg show wgfind >/dev/null 2>&1; do tries=$((tries - 1)); [ $tries -gt 0 ] || { cat log; exit 1; }; sleep 0.1; done
wg set wgfind private-key key
echo "set     $(cat key)"
echo "shown   $(wg show wgfind private-key)"
echo "public  $(wg pubkey <key), shown $(wg show wgfind public-key)"
wg set wgfind peer "$(wg show wgfind public-key)" allowed-ips 10.1.0.0/24
echo "own key as a peer: exit $?, $(wg show wgfind peers | wc -l) peers"
kill $pid
RUN
echo "wireguard-tools 1.0.20210914, wireguard-go 0.0.20220316 (Debian 12)"
seen=$(unshare -n sh run.sh)
echo "$seen"
[ "$seen" = 'set     d0TfCpSdWS70vRoFbIZgSAIuQzPr4aDkHhP1+Oc9JaY=
shown   cETfCpSdWS70vRoFbIZgSAIuQzPr4aDkHhP1+Oc9JWY=
public  OcB6ZyVbFze9o2yuIfhI0UU4x1gR2z9ovaYmMfQ4NxY=, shown OcB6ZyVbFze9o2yuIfhI0UU4x1gR2z9ovaYmMfQ4NxY=
own key as a peer: exit 0, 0 peers' ] || { echo 'changed' >&2; exit 1; }

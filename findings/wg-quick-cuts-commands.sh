#!/bin/sh
# wg-quick cuts the commands of PostUp, PreDown and the like at any `#`, also within a word or in quotes, with exit 0.
#
# One would guess: `PostUp = logger peer#1 is up; route ...` is run as it stands ("executed by bash(1)", wg-quick(8)), where a
# `#` inside a word or quotes is an ordinary character; or wg-quick says that it can't take the line.
# It is: all lines are cut at their first `#` before they are read. What follows, here a second command, is never run, and only
# who reads the lines that wg-quick prints sees it. In quotes the rest lacks its closing quote: then bash says so, and
# wg-quick removes the interface again.
# Needs root, for a network namespace and a tun device of its own.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -qq wireguard-tools=1.0.20210914-1+b1 wireguard-go=0.0.20220316-1+b4 >/dev/null 2>&1
for deb in *.deb; do dpkg-deb -x "$deb" .; done
PATH=$dir/usr/bin:$PATH
export PATH WG_QUICK_USERSPACE_IMPLEMENTATION=wireguard-go dir
try() {
  printf '%s\n' '[Interface]' 'PrivateKey = cETfCpSdWS70vRoFbIZgSAIuQzPr4aDkHhP1+Oc9JWY=' "PostUp = $1" >wgcuts.conf
  chmod 600 wgcuts.conf
  : >said
  unshare -n sh -c 'wg-quick up ./wgcuts.conf >log 2>&1; code=$?
    ip link show wgcuts >/dev/null 2>&1 && left="is there" || left="is not there"
    echo "  exit $code, the interface $left"
    wg-quick down ./wgcuts.conf >/dev/null 2>&1 || :'
  sed 's/^/  said: /' said
}
echo "wireguard-tools 1.0.20210914 (Debian 12)" >&2
seen=$(for command in 'echo peer 1 >>$dir/said; echo second >>$dir/said' 'echo peer#1 >>$dir/said; echo second >>$dir/said' \
  'echo first >>$dir/said; echo peer#1 >>$dir/said' 'echo "peer #1" >>$dir/said'; do
  echo "$command"
  try "$command"
done)
echo "$seen"
[ "$seen" = 'echo peer 1 >>$dir/said; echo second >>$dir/said
  exit 0, the interface is there
  said: peer 1
  said: second
echo peer#1 >>$dir/said; echo second >>$dir/said
  exit 0, the interface is there
echo first >>$dir/said; echo peer#1 >>$dir/said
  exit 0, the interface is there
  said: first
echo "peer #1" >>$dir/said
  exit 2, the interface is not there' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# iprange (FireHOL) turns a line of a blocklist with an IPv6 network into the IPv4 address 0.0.7.209, with exit 0.
#
# One would guess: a tool that merges lists of IPv4 networks for a packet filter leaves out a line that is none, or refuses
# the list.
# It is: the line is cut at its first colon, and `2001` is read as inet_aton(3) reads a number. There is a warning about
# "text after hostname" and exit 0, and the address is in the result that goes into the filter. A line such as 2a01:db8::/32
# is looked up as the host "2a01".
set -eu
seen=$("$(dirname "$0")"/in-debian-13 iprange=1.0.4+ds-2 <<'RUN'
export LC_ALL=C
iprange --version 2>&1 | head -n 1 >&2
merge() {
  printf '%s\n' "$@" >/tmp/list
  exit=0
  iprange /tmp/list >/tmp/merged 2>/dev/null || exit=$?
  echo "$*: exit $exit, $(paste -s -d, /tmp/merged)"
}
merge 192.0.2.0/25 192.0.2.128/25
merge 192.0.2.0/24 2001:db8::/32
merge 192.0.2.0/24 2001:db8::1
RUN
)
echo "$seen"
[ "$seen" = '192.0.2.0/25 192.0.2.128/25: exit 0, 192.0.2.0/24
192.0.2.0/24 2001:db8::/32: exit 0, 0.0.7.209,192.0.2.0/24
192.0.2.0/24 2001:db8::1: exit 0, 0.0.7.209,192.0.2.0/24' ] || { echo 'changed' >&2; exit 1; }

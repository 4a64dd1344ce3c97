#!/bin/sh
# libspf2 answers "fail" to an IPv4 client that is written as IPv6, and to a record whose `redirect=` stands before `?all`.
#
# One would guess: an address of the form ::ffff:192.0.2.25, as a dual-stack socket names an IPv4 client, is compared with
# ip4: (RFC 7208, 5); redirect= is a modifier, so its place says nothing, and it is ignored where there is an `all` (6.1).
# It is: libspf2 looks for the first only among ip6: and AAAA, so a server that hands it the peer's name as it got it
# refuses the right senders; and it follows the redirect when it comes to it. pyspf does neither. Receivers
# with different libraries answer differently, and the sender's own test tells but one of them.
set -eu
echo "libspf2 1.2.10, pyspf 2.0.14 (Debian 13)"
seen=$("$(dirname "$0")"/in-debian-13 spfquery=1.2.10-8.3 python3-spf=2.0.14-5 python3-dnspython  dnsmasq-base <<'RUN'
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
printf '%s\n' no-hosts no-resolv user=root 'local=/example/' 'txt-record=one.example,"v=spf1 ip4:192.0.2.25 -all"' \
  'txt-record=two.example,"v=spf1 redirect=one.example ?all"' >dnsmasq.conf
dnsmasq -C dnsmasq.conf --pid-file=pid
ask() {
  echo "$1 from $2: libspf2 $(spfquery.libspf2 -ip "$2" -sender "jay@$1" -helo mx1.example 2>&1 | head -n 1)," \
    "pyspf $(python3 -c 'import spf, sys; print(spf.check2(i=sys.argv[2], s="jay@" + sys.argv[1], h="mx1.example")[0])' "$1" "$2")"
}
ask one.example 192.0.2.25
ask one.example ::ffff:192.0.2.25
ask two.example 192.0.2.99
kill "$(cat pid)"
RUN
)
echo "$seen"
[ "$seen" = 'one.example from 192.0.2.25: libspf2 pass, pyspf pass
one.example from ::ffff:192.0.2.25: libspf2 fail, pyspf pass
two.example from 192.0.2.99: libspf2 fail, pyspf neutral' ] || { echo 'changed' >&2; exit 1; }

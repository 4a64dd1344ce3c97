#!/bin/sh
# nsd-checkzone (NSD 4.12) accepts `1h` and `90m` as a time and refuses the whole zone for `1h30m`, which BIND and ldns read.
#
# One would guess: a server that reads the units of BIND's zone files (s, m, h, d, w) reads them as BIND writes and documents
# them, `1h30m`, in $TTL, in front of a record and in a SOA record; or it knows no units at all (RFC 1035, 5.1).
# It is: one number with one unit is a time, two of them are "Invalid TTL", at all three places, and nsd does not load the zone.
# named-checkzone and ldns read it as 5400 seconds.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 nsd=4.12.0-1 ldnsutils=1.8.4-2+b1 bind9-utils=1:9.20.30-1~deb13u1 <<'RUN'
export LC_ALL=C
{ named-checkzone -v; nsd -v 2>&1 | head -n 1; } >&2
judge() {
  printf '%s\n' "$2" "@ SOA ns.example.com. root.example.com. 1 $3 900 604800 300" '@ NS ns' "ns $4 A 192.0.2.53" >/tmp/zone
  nsd=0 bind=0 ldns=0
  nsd-checkzone example.com /tmp/zone >/tmp/said 2>&1 || nsd=$?
  named-checkzone -q example.com /tmp/zone >/dev/null 2>&1 || bind=$?
  ldns-read-zone /tmp/zone >/dev/null 2>&1 || ldns=$?
  echo "$1: named-checkzone $bind, ldns $ldns, nsd $nsd$(sed -n 's/.*zone:[0-9]*:/,/p' /tmp/said)"
}
judge '1h' '$TTL 1h' 1h 1h
judge '90m' '$TTL 90m' 90m 90m
judge '1h30m in $TTL' '$TTL 1h30m' 3600 ''
judge '1h30m of a record' '$TTL 3600' 3600 1h30m
judge '1h30m in SOA' '$TTL 3600' 1h30m ''
RUN
)
echo "$seen"
[ "$seen" = '1h: named-checkzone 0, ldns 0, nsd 0
90m: named-checkzone 0, ldns 0, nsd 0
1h30m in $TTL: named-checkzone 0, ldns 0, nsd 1, Invalid ttl in $TTL
1h30m of a record: named-checkzone 0, ldns 0, nsd 1, Invalid TTL in RR
1h30m in SOA: named-checkzone 0, ldns 0, nsd 1, Invalid refresh in SOA' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# ldns-compare-zones says that nothing has changed, with exit 0 for `-e`, in a zone whose records have another TTL.
#
# One would guess: `ldns-compare-zones -e`, "exit with status code 2 when zones differ", finds that the TTL of an MX was lowered, as
# one does before a server moves, or that a secondary server has the higher one still.
# It is: records are compared without their TTL, whatever the options: the counts are +0 -0 ~0. On the other hand, a TXT record of
# the same text in two strings instead of one is a change.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 ldnsutils=1.8.4-2+b1 <<'RUN'
cd /tmp
cat >old <<'ZONE'
lan. 3600 IN SOA ns.lan. root.lan. 1 3600 900 604800 300
lan. 3600 IN NS ns.lan.
lan. 86400 IN MX 10 mx.lan.
lan. 3600 IN TXT "v=spf1 mx -all"
ns.lan. 3600 IN A 10.9.0.1
mx.lan. 86400 IN A 10.9.0.2
ZONE
sed 's/86400/300/' old >ttl
sed 's/10.9.0.2/10.9.0.3/' old >address
sed 's/"v=spf1 mx -all"/"v=spf1 " "mx -all"/' old >strings
for zone in old ttl address strings; do
  for options in -e '-e -a -s'; do
    found=$(ldns-compare-zones $options old $zone) && code=0 || code=$?
    echo "$options $zone: $(echo "$found" | tail -n 1 | tr -s '\t' ' '), exit $code"
  done
done
RUN
)
echo 'ldns 1.8.4'
echo "$seen"
[ "$seen" = '-e old:  +0 -0 ~0, exit 0
-e -a -s old:  +0 -0 ~0, exit 0
-e ttl:  +0 -0 ~0, exit 0
-e -a -s ttl:  +0 -0 ~0, exit 0
-e address:  +0 -0 ~1, exit 2
-e -a -s address:  +0 -0 ~1, exit 2
-e strings:  +0 -0 ~1, exit 2
-e -a -s strings:  +0 -0 ~1, exit 2' ] || { echo 'changed' >&2; exit 1; }

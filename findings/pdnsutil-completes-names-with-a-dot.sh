#!/bin/sh
# pdnsutil (PowerDNS) adds a record of `mx.example.com.` as mx.example.com.example.com, and the MX target `mx` as `mx.`.
#
# One would guess: names are as in a zone file: what ends with a dot is complete, what does not belongs to the zone. Or, as in
# PowerDNS's API and database, all names are complete. In either case check-zone tells of an MX target that does not exist.
# It is: the zone is appended to each name, with a final dot or without, unless it is `@`; and to no name within a record: `MX 10 mx`
# and `CNAME mx` point to a top-level domain "mx". Mail for the zone goes nowhere, and check-zone says "0 errors, 0 warnings".
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 pdns-server=4.9.18-0+deb13u1 pdns-tools=4.9.18-0+deb13u1 pdns-backend-sqlite3=4.9.18-0+deb13u1 \
  sqlite3 <<'RUN'
export LC_ALL=C
cd /tmp
pdnsutil --version >&2
printf '%s\n' launch=gsqlite3 gsqlite3-database=/tmp/zones >pdns.conf
sqlite3 zones </usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql
zone() { pdnsutil --config-dir=/tmp "$@" 2>&1; }
zone create-zone example.com ns.example.com >log
zone add-record example.com mx A 192.0.2.25 >>log
zone add-record example.com mx.example.com AAAA 2001:db8::25 >>log
zone add-record example.com mx.example.com. AAAA 2001:db8::26 >>log
zone add-record example.com @ MX '10 mx' >>log
zone add-record example.com www CNAME mx >>log
zone list-zone example.com | tr '\t' ' ' | grep ' \(A\|AAAA\|MX\|CNAME\) '
zone check-zone example.com
RUN
)
echo "$seen"
[ "$seen" = 'example.com 3600 IN MX 10 mx.
mx.example.com 3600 IN A 192.0.2.25
mx.example.com.example.com 3600 IN AAAA 2001:db8::25
mx.example.com.example.com 3600 IN AAAA 2001:db8::26
www.example.com 3600 IN CNAME mx.
Checked 7 records of '\''example.com'\'', 0 errors, 0 warnings.' ] || { echo 'changed' >&2; exit 1; }

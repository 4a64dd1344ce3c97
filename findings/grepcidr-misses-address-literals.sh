#!/bin/sh
# grepcidr finds an IPv6 address in a log, but not as Received and EHLO write it (`[IPv6:2001:db8::7]`).
#
# One would guess: grepcidr, which knows IPv4 and IPv6, finds an address wherever it stands in a line of a log, be it in brackets,
# behind an equals sign or with a port: its manual says what has to follow an address, and nothing of what comes before it.
# It is: a colon belongs to an IPv6 address, also before it. So in `IPv6:2001:db8::7`, which is how mail servers write a client
# with IPv6 in Received fields and bounces (RFC 5321, 4.1.3), there is no address, and a search through mail finds clients
# with IPv4 only; in most logs it finds both.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 grepcidr=2.0-2 <<'RUN'
for line in 'address=192.0.2.7 host=mx' 'Received: from [192.0.2.7] by gw' 'relay=smtp://192.0.2.7:25' \
  'address=2001:db8::7 host=mx' 'src [2001:db8::7]:25' 'Received: from [IPv6:2001:db8::7] by gw' 'Received: from mx (mx [IPv6:2001:db8::7])'
do
  echo "$line" | grepcidr -e '192.0.2.0/24 2001:db8::/32' >/dev/null && code=0 || code=$?
  echo "$line: exit $code"
done
RUN
)
echo 'grepcidr 2.0'
echo "$seen"
[ "$seen" = 'address=192.0.2.7 host=mx: exit 0
Received: from [192.0.2.7] by gw: exit 0
relay=smtp://192.0.2.7:25: exit 0
address=2001:db8::7 host=mx: exit 0
src [2001:db8::7]:25: exit 0
Received: from [IPv6:2001:db8::7] by gw: exit 1
Received: from mx (mx [IPv6:2001:db8::7]): exit 1' ] || { echo 'changed' >&2; exit 1; }

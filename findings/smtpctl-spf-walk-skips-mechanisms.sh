#!/bin/sh
# `smtpctl spf walk` leaves `mx/24` and `a:host/24//64` of an SPF record out, without a word and with exit 0.
#
# One would guess: the list that smtpctl makes for spamd(8) has every address that the record allows, or there is a message
# as there is one for a macro.
# It is: a prefix is understood behind `a:host`, and not behind `a` or `mx` without a host, nor are two of them (RFC 7208,
# 5.6). Nothing is printed for these, nor for a name without a record. What the record calls neutral (?ip4) is printed,
# as if it were allowed. Servers of a big sender that should pass by greylisting then wait in it.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 dnsmasq-base <<'RUN'
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
printf '%s\n' no-resolv no-hosts user=root local=/example/ host-record=mx1.example,192.0.2.25,2001:db8::25 >dnsmasq.conf
number=0
for record in 'a:mx1.example' 'a:mx1.example/24' 'a:mx1.example/24//64' 'a' 'a/24' 'mx' 'mx/24' '?ip4:192.0.2.26' '~ip4:192.0.2.27'; do
  number=$((number + 1))
  printf '%s\n' "txt-record=d$number.example,\"v=spf1 $record -all\"" "mx-host=d$number.example,mx1.example,10" \
    "host-record=d$number.example,192.0.2.28" >>dnsmasq.conf
  echo "d$number.example $record" >>records
done
echo 'none.example (no record)' >>records
dnsmasq -C dnsmasq.conf --pid-file=pid
while read -r name record; do
  found=$(echo "$name" | smtpctl spf walk 2>&1)
  echo "$record: exit $?: $(echo "$found" | sort | tr '\n' ' ')"
done <records
kill "$(cat pid)"
RUN
)
echo "$seen"
[ "$seen" = 'a:mx1.example: exit 0: 192.0.2.25 2001:db8::25 
a:mx1.example/24: exit 0: 192.0.2.25/24 2001:db8::25 
a:mx1.example/24//64: exit 0:  
a: exit 0: 192.0.2.28 
a/24: exit 0:  
mx: exit 0: 192.0.2.25 2001:db8::25 
mx/24: exit 0:  
?ip4:192.0.2.26: exit 0: 192.0.2.26 
~ip4:192.0.2.27: exit 0:  
(no record): exit 0:  ' ] || { echo 'changed' >&2; exit 1; }

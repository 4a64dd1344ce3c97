#!/bin/sh
# nsupdate (BIND) makes the comment behind a TXT record a part of the record; knsupdate (Knot) cuts a DKIM key that nsupdate takes whole.
#
# One would guess: what follows `update add` is a record as in a zone file, where a semicolon outside quotes begins a comment: so do
# nsupdate's and knsupdate's manuals, for whole lines. If nsupdate knows no comment there, it refuses the line, as it does for
# an address. And a file for the one does the same with the other.
# It is: to nsupdate ";" and each word of the comment are further strings of the TXT record, with exit 0. Receivers join the strings
# (RFC 7208, 3.3), here to `v=spf1 mx -all;untilJune`, which is an error for all mail of the domain. knsupdate ends at the semicolon: it
# drops the comment, but of `v=DKIM1; k=...` without quotes it publishes `v=DKIM1`, no key, where nsupdate makes three strings, which
# work. With quotes and without comments both do the same.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 bind9-dnsutils=1:9.20.30-1~deb13u1 knot=3.4.6-2 knot-dnsutils=3.4.6-2 spf-tools-python=2.0.14-5 <<'RUN'
export LC_ALL=C
nsupdate -V >&2
knsupdate -V >&2
echo 'pyspf 2.0.14' >&2
echo nameserver 127.0.0.1 >/etc/resolv.conf
mkdir /tmp/zones
cd /tmp/zones
printf '%s\n' '@ 3600 SOA ns root 1 3600 600 86400 300' '@ NS ns' 'ns A 127.0.0.1' '@ MX 0 ns' >example.com.zone
cat >conf <<'CONF'
server:
  listen: 127.0.0.1@53
  rundir: /tmp/zones
database:
  storage: /tmp/zones
acl:
  - id: here
    address: 127.0.0.1
    action: [update, transfer]
zone:
  - domain: example.com
    storage: /tmp/zones
    acl: here
CONF
knotd -c conf >log 2>&1 &
records() { dig @127.0.0.1 example.com AXFR +noall +answer | grep 'TXT\|^mx' | tr -s '\t' ' ' || :; }
for try in $(seq 50); do dig @127.0.0.1 example.com SOA +noall +answer 2>/dev/null | grep SOA >/dev/null && break; sleep 0.2; done
while read -r record; do
  echo "$record"
  for program in nsupdate knsupdate; do
    printf '%s\n' 'server 127.0.0.1' 'zone example.com.' "update add $record" send | $program >/tmp/said 2>&1 && code=0 || code=$?
    echo "  $program: exit $code; $(records)"
    case $record in
      *spf1*) echo "    SPF: $(spfquery.pyspf --ip 127.0.0.1 --sender jay@example.com 2>/dev/null | sed -n 1p)" ;;
    esac
    printf '%s\n' 'server 127.0.0.1' 'zone example.com.' "update delete ${record%% *} $(echo "$record" | cut -d ' ' -f 3)" send | nsupdate
  done
done <<'RECORDS'
example.com. 300 TXT "v=spf1 mx -all"
example.com. 300 TXT "v=spf1 mx -all" ; until June
mx.example.com. 300 A 192.0.2.25 ; until June
s1._domainkey.example.com. 300 TXT v=DKIM1; k=ed25519; p=3oGxeoYmAkp9qwzu62jvASOzW5ZFHaIIbcPCEiYXyqI=
RECORDS
RUN
)
echo "$seen"
[ "$seen" = 'example.com. 300 TXT "v=spf1 mx -all"
  nsupdate: exit 0; example.com. 300 IN TXT "v=spf1 mx -all"
    SPF: pass
  knsupdate: exit 0; example.com. 300 IN TXT "v=spf1 mx -all"
    SPF: pass
example.com. 300 TXT "v=spf1 mx -all" ; until June
  nsupdate: exit 0; example.com. 300 IN TXT "v=spf1 mx -all" ";" "until" "June"
    SPF: permerror
  knsupdate: exit 0; example.com. 300 IN TXT "v=spf1 mx -all"
    SPF: pass
mx.example.com. 300 A 192.0.2.25 ; until June
  nsupdate: exit 1; 
  knsupdate: exit 0; mx.example.com. 300 IN A 192.0.2.25
s1._domainkey.example.com. 300 TXT v=DKIM1; k=ed25519; p=3oGxeoYmAkp9qwzu62jvASOzW5ZFHaIIbcPCEiYXyqI=
  nsupdate: exit 0; s1._domainkey.example.com. 300 IN TXT "v=DKIM1;" "k=ed25519;" "p=3oGxeoYmAkp9qwzu62jvASOzW5ZFHaIIbcPCEiYXyqI="
  knsupdate: exit 0; s1._domainkey.example.com. 300 IN TXT "v=DKIM1"' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# check_dig (Monitoring Plugins) says "DNS OK" for the address 10.9.0.1 where the name has 10.9.0.10, and for p=reject where there is p=none.
#
# One would guess: `-a 10.9.0.1`, "an address expected to be in the answer section", is compared with an address, as check_dns of the
# same package does it: another one is a warning or worse. With `-T MX` or TXT it is compared with a word or a string.
# It is: the text is looked for anywhere in the lines of the answer. So another address that begins alike passes, the MX mx10 for
# mx1, and `v=DMARC1; p=none; sp=reject` for p=reject, with exit 0. Of wrong answers the monitor finds those that look very different. A
# full stop behind the name of an MX and a blank before it (`-a " mx1.lan."`) help; an address has nothing of the kind at its end.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 monitoring-plugins-standard=2.4.0-3+deb13u1 monitoring-plugins-basic=2.4.0-3+deb13u1 bind9-dnsutils bind9-host unbound=1.26.2-0+deb13u1 <<'RUN'
export LC_ALL=C
PATH=$PATH:/usr/lib/nagios/plugins
{ check_dig -V; check_dns -V; } >&2
cat >/tmp/conf <<'CONF'
server:
  interface: 127.0.0.1
  do-daemonize: no
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  local-zone: "lan." static
  local-data: "gw.lan. A 10.9.0.10"
  local-data: "lan. MX 10 mx10.lan."
  local-data: '_dmarc.lan. TXT "v=DMARC1; p=none; sp=reject"'
CONF
echo nameserver 127.0.0.1 >/etc/resolv.conf
unbound -d -c /tmp/conf 2>/tmp/log &
for try in $(seq 50); do dig @127.0.0.1 gw.lan A 2>/dev/null | grep 10.9 >/dev/null && break; sleep 0.2; done
try() {
  "$@" >/tmp/said 2>&1 && code=0 || code=$?
  echo "$*: exit $code, $(head -n 1 /tmp/said | sed 's/|.*//; s/[0-9.]* seconds* response time/N seconds/; s/  */ /g')"
}
for address in 10.9.0.10 10.9.0.1 10.9.0.2; do
  try check_dig -H 127.0.0.1 -l gw.lan -a $address
  try check_dns -s 127.0.0.1 -H gw.lan -a $address
done
for host in mx10 mx1 mx2 ' mx1.lan.' ' mx10.lan.'; do try check_dig -H 127.0.0.1 -l lan -T MX -a "$host"; done
for text in p=none p=reject p=quarantine; do try check_dig -H 127.0.0.1 -l _dmarc.lan -T TXT -a $text; done
RUN
)
echo "$seen"
[ "$seen" = 'check_dig -H 127.0.0.1 -l gw.lan -a 10.9.0.10: exit 0, DNS OK - N seconds (gw.lan. 3600 IN A 10.9.0.10)
check_dns -s 127.0.0.1 -H gw.lan -a 10.9.0.10: exit 0, DNS OK: N seconds. gw.lan returns 10.9.0.10
check_dig -H 127.0.0.1 -l gw.lan -a 10.9.0.1: exit 0, DNS OK - N seconds (gw.lan. 3600 IN A 10.9.0.10)
check_dns -s 127.0.0.1 -H gw.lan -a 10.9.0.1: exit 2, DNS CRITICAL - expected '"'"'10.9.0.1'"'"' but got '"'"'10.9.0.10'"'"'
check_dig -H 127.0.0.1 -l gw.lan -a 10.9.0.2: exit 1, DNS WARNING - N seconds (Server not found in ANSWER SECTION)
check_dns -s 127.0.0.1 -H gw.lan -a 10.9.0.2: exit 2, DNS CRITICAL - expected '"'"'10.9.0.2'"'"' but got '"'"'10.9.0.10'"'"'
check_dig -H 127.0.0.1 -l lan -T MX -a mx10: exit 0, DNS OK - N seconds (lan. 3600 IN MX 10 mx10.lan.)
check_dig -H 127.0.0.1 -l lan -T MX -a mx1: exit 0, DNS OK - N seconds (lan. 3600 IN MX 10 mx10.lan.)
check_dig -H 127.0.0.1 -l lan -T MX -a mx2: exit 1, DNS WARNING - N seconds (Server not found in ANSWER SECTION)
check_dig -H 127.0.0.1 -l lan -T MX -a  mx1.lan.: exit 1, DNS WARNING - N seconds (Server not found in ANSWER SECTION)
check_dig -H 127.0.0.1 -l lan -T MX -a  mx10.lan.: exit 0, DNS OK - N seconds (lan. 3600 IN MX 10 mx10.lan.)
check_dig -H 127.0.0.1 -l _dmarc.lan -T TXT -a p=none: exit 0, DNS OK - N seconds (_dmarc.lan. 3600 IN TXT "v=DMARC1; p=none; sp=reject")
check_dig -H 127.0.0.1 -l _dmarc.lan -T TXT -a p=reject: exit 0, DNS OK - N seconds (_dmarc.lan. 3600 IN TXT "v=DMARC1; p=none; sp=reject")
check_dig -H 127.0.0.1 -l _dmarc.lan -T TXT -a p=quarantine: exit 1, DNS WARNING - N seconds (Server not found in ANSWER SECTION)' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# unbound serves a TXT record of `local-data` in double quotes without its blanks and up to its first semicolon.
#
# One would guess: what stands between the quotes of `local-data: "..."` (unbound.conf(5)) is the record, or
# unbound-checkconf, which reads it, says what is wrong with it.
# It is: the outer quotes belong to unbound.conf, and what is left is read as a line of a zone file: blanks separate the
# strings of a record and a semicolon begins a comment. Verifiers join the strings without a blank (RFC 7208, 3.3), so
# `v=spf1 mx -all` becomes `v=spf1mx-all`, which is no SPF record, and a DKIM key becomes `v=DKIM1`. unbound-checkconf
# says "no errors". With single quotes outside and double quotes inside the record is whole.
# Names on the right, without a last dot, are complete, unlike in a zone file: `MX 10 mx` of lan is the host "mx.".
# Needs root, for a network namespace.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 unbound=1.26.2-0+deb13u1 ldnsutils=1.8.4-2+b1 <<'RUN'
export LC_ALL=C
unbound -V | sed -n 's/^Version /unbound /p' >&2
cat >/tmp/conf <<'CONF'
server:
  interface: 127.0.0.1
  port: 5300
  do-daemonize: no
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  local-zone: "lan." static
  local-data: "plain.lan. TXT v=spf1 mx -all"
  local-data: "s1._domainkey.lan. TXT v=DKIM1; k=ed25519; p=3oGxeoYmAkp9qwzu62jvASOzW5ZFHaIIbcPCEiYXyqI="
  local-data: 'quoted.lan. TXT "v=spf1 mx -all"'
  local-data: 's2._domainkey.lan. TXT "v=DKIM1; k=ed25519; p=3oGxeoYmAkp9qwzu62jvASOzW5ZFHaIIbcPCEiYXyqI="'
  local-data: "lan. MX 10 mx"
CONF
unbound-checkconf /tmp/conf
unbound -d -c /tmp/conf 2>/tmp/log &
ask() { drill -p 5300 @127.0.0.1 "$@" | grep -v '^;' | grep IN | cut -f 4-; }
for try in $(seq 50); do ask lan SOA >/dev/null 2>&1 && break; sleep 0.2; done
for name in plain s1._domainkey quoted s2._domainkey; do echo "$name: $(ask $name.lan TXT)"; done
echo "MX: $(ask lan MX)"
RUN
)
echo "$seen"
[ "$seen" = 'unbound-checkconf: no errors in /tmp/conf
plain: TXT	"v=spf1" "mx" "-all"
s1._domainkey: TXT	"v=DKIM1"
quoted: TXT	"v=spf1 mx -all"
s2._domainkey: TXT	"v=DKIM1; k=ed25519; p=3oGxeoYmAkp9qwzu62jvASOzW5ZFHaIIbcPCEiYXyqI="
MX: MX	10 mx.' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# rblcheck says "not listed", with exit 0, where it got no answer, and "listed" where the list has refused to answer.
#
# One would guess: who watches with rblcheck whether the own mail server is on a list hears, by an exit code or a word, that the
# question could not be asked (no network, a nameserver that fails or refuses); and 127.255.255.254, by which Spamhaus tells users
# of public resolvers that it does not answer them, is not the address of a listing (by convention 127.0.0.2, RFC 5782, 2.1).
# It is: a name without an address is "not listed", be it NXDOMAIN, SERVFAIL or REFUSED, and one with an address is "listed", whichever it
# is. A monitor is content while nobody answers, and when the host comes to use a public resolver, all addresses of the
# world are listed at once. The exit code is the number of lists that list the address, so none is left for an error: rblcheck(1) says
# that 0 may be one, but the line says "not listed" all the same.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 rblcheck=20231210-1+b1 unbound=1.26.2-0+deb13u1 ldnsutils=1.8.4-2+b1 <<'RUN'
export LC_ALL=C
echo 'rblcheck 20231210 (Debian 13)' >&2
cat >/tmp/conf <<'CONF'
server:
  interface: 127.0.0.1
  do-daemonize: no
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  local-zone: "bl.example." static
  local-data: "9.2.0.192.bl.example. A 127.0.0.2"
  local-zone: "error.example." redirect
  local-data: "error.example. A 127.255.255.254"
  local-zone: "refused.example." refuse
forward-zone:
  name: "down.example."
  forward-addr: 127.0.0.1@9
CONF
echo nameserver 127.0.0.1 >/etc/resolv.conf
unbound -d -c /tmp/conf 2>/tmp/log &
for try in $(seq 50); do drill 9.2.0.192.bl.example 2>/dev/null | grep NOERROR >/dev/null && break; sleep 0.2; done
try() {
  rblcheck -c -s "$2" "$1" >/tmp/said 2>&1 && code=0 || code=$?
  echo "$(cat /tmp/said), exit $code; DNS: $(drill "$(echo "$1" | sed 's/\(.*\)\.\(.*\)\.\(.*\)\.\(.*\)/\4.\3.\2.\1/').$2" 2>&1 | sed -n 's/.*rcode: \([A-Z]*\),.*/\1/p')"
}
try 192.0.2.9 bl.example
try 192.0.2.10 bl.example
try 192.0.2.9 refused.example
try 192.0.2.9 down.example
try 192.0.2.10 error.example
RUN
)
echo "$seen"
[ "$seen" = '192.0.2.9 listed by bl.example, exit 1; DNS: NOERROR
192.0.2.10 not listed by bl.example, exit 0; DNS: NXDOMAIN
192.0.2.9 not listed by refused.example, exit 0; DNS: REFUSED
192.0.2.9 not listed by down.example, exit 0; DNS: SERVFAIL
192.0.2.10 listed by error.example, exit 1; DNS: NOERROR' ] || { echo 'changed' >&2; exit 1; }

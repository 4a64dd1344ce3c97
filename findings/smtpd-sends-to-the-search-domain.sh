#!/bin/sh
# OpenSMTPD sends mail of a foreign domain, whose MX does not exist, to a host of its own domain that has a wildcard record.
#
# One would guess: the name in an MX record is complete (RFC 1035, 3.3.9); if it does not exist, the message waits or is
# returned ("No MX found for domain").
# It is: smtpd looks the name up with getaddrinfo(3) and without its last dot, so the search list of resolv.conf(5) is tried
# next; without one it is the domain of the host's own name. With a wildcard in that domain (`*.lan.example.com`, as web
# servers have it) mx.gone.example becomes mx.gone.example.lan.example.com, which exists, and the message is handed to that
# host: taken there, or refused with an error that has nothing to do with the recipient. A domain that does not exist
# itself is returned at once, as the MX lookup is exact.
# Needs root, for a folder tree and a host name of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 ca-certificates dnsmasq-base=2.91-1+deb13u2 iproute2 \
  util-linux hostname <<'RUN'
[ "$(hostname)" = relay.lan.example.com ] || exec unshare -u sh -c 'hostname relay.lan.example.com; exec sh /script'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat /usr/share/ca-certificates/mozilla/*.crt >/etc/ssl/certs/ca-certificates.crt
ip addr add 192.0.2.80/32 dev lo
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
dnsmasq -k --user=root --conf-file=/dev/null --no-resolv --no-hosts --pid-file= --listen-address=127.0.0.1 --bind-interfaces \
  --local=/example/ --mx-host=moved.example,mx.gone.example,10 --address=/lan.example.com/192.0.2.80 \
  --log-queries --log-facility=- 2>/tmp/dns &
cat >/etc/smtpd.conf <<'CONF'
listen on socket
listen on 192.0.2.80 tag WILDCARD
table all { "@" = jay }
action "taken" mda "cat >/dev/null" virtual <all>
action "relay" relay
match tag WILDCARD from any for any action "taken"
match from local for any action "relay"
CONF
smtpd -d 2>/tmp/log &
for try in $(seq 50); do smtpctl show status >/dev/null 2>&1 && break; sleep 0.2; done
for domain in moved.example none.example; do echo text | sendmail -f jay@lan.example.com bob@$domain; done
for try in $(seq 150); do [ "$(grep -c 'mta delivery.*to=<bob' /tmp/log)" -ge 2 ] && break; sleep 0.2; done
sed -n 's/.*mta delivery.*to=<\(bob@[^>]*\)>.* relay="\([^" ]*\).*" delay.*result="\([^"]*\)" stat="\([^"]*\)".*/\1: \3, relay \2, \4/p' /tmp/log |
  sed 's/250 2.0.0 [0-9a-f]* /250 2.0.0 /' | sort
grep -o 'gone.example[^ ]* is .*' /tmp/dns | sort -u
RUN
)
echo "$seen"
[ "$seen" = 'bob@moved.example: Ok, relay 192.0.2.80, 250 2.0.0 Message accepted for delivery
bob@none.example: PermFail, relay none.example, Domain does not exist
gone.example is NXDOMAIN
gone.example.lan.example.com is 192.0.2.80' ] || { echo 'changed' >&2; exit 1; }

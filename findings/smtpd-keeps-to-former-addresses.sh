#!/bin/sh
# OpenSMTPD sends mail to the former address of a relay, however short its TTL, as long as a mail comes every ten seconds.
#
# One would guess: after the TTL the name of a relay, or of a domain's MX, is looked up again, at the latest for a new message.
# It is: smtpd looks a destination up once and forgets it when nothing waits for it and no connection to it is open. A
# connection is kept for ten seconds after its last message (session-keepalive), so mail that comes more often than that
# keeps the address. If a relay has moved and the former machine still answers, that one gets the mail, for hours;
# `smtpctl show routes` says no more than the address. A pause of ten seconds, or a restart, is enough.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 ca-certificates dnsmasq-base=2.91-1+deb13u2 iproute2 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat /usr/share/ca-certificates/mozilla/*.crt >/etc/ssl/certs/ca-certificates.crt
for address in 192.0.2.25 192.0.2.26; do ip addr add $address/32 dev lo; done
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
echo '192.0.2.25 relay.example.com' >/tmp/names
dnsmasq -k --user=root --conf-file=/dev/null --no-resolv --no-hosts --addn-hosts=/tmp/names --local-ttl=1 --pid-file= \
  --listen-address=127.0.0.1 --bind-interfaces 2>/tmp/dns &
dns=$!
cat >/etc/smtpd.conf <<'CONF'
listen on socket
listen on 192.0.2.25 tag FORMER
listen on 192.0.2.26 tag NEW
table all { "@" = jay }
action "former" mda "echo the former >>/tmp/took; cat >/dev/null" virtual <all>
action "new" mda "echo the new >>/tmp/took; cat >/dev/null" virtual <all>
action "relay" relay host smtp://relay.example.com
match tag FORMER from any for any action "former"
match tag NEW from any for any action "new"
match from local for any action "relay"
CONF
smtpd -d 2>/tmp/log &
for try in $(seq 50); do smtpctl show status >/dev/null 2>&1 && break; sleep 0.2; done
send() {
  echo text | sendmail -f jay@example.com bob@elsewhere.example
  count=$((count + 1))
  for try in $(seq 100); do [ "$(wc -l </tmp/took)" -ge $count ] && break; sleep 0.1; done
}
touch /tmp/took
chmod 666 /tmp/took
count=0
send
echo '192.0.2.26 relay.example.com' >/tmp/names
kill -HUP $dns
for try in $(seq 15); do sleep 3; send; done
sleep 20
send
uniq -c /tmp/took
echo "connections: $(grep -c " mta connected" /tmp/log)"
RUN
)
echo "$seen"
[ "$seen" = '     16 the former
      1 the new
connections: 2' ] || { echo 'changed' >&2; exit 1; }

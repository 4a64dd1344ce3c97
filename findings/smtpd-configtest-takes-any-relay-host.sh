#!/bin/sh
# `smtpd -n` says "configuration OK" to relay hosts that smtpd itself can't parse, and their mail waits without a result.
#
# One would guess: what stands behind `relay host` is checked like the rest of the line. A port 70000 of `listen on` is
# refused, and so is a wrong size or time.
# It is: the URL is first parsed when a message is to leave. An unknown scheme, a port by name or above 65535, an IPv6
# address without brackets and a login label on a scheme without TLS all pass. Such a message stays "pending" with
# "Cannot parse smarthost" in the queue until it expires, and the log has one warning that names neither the message
# nor a result: there is no line "mta delivery … result=" to search for.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 ca-certificates <<'RUN'
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat /usr/share/ca-certificates/mozilla/*.crt >/etc/ssl/certs/ca-certificates.crt
echo mimando.lan >/etc/mailname
echo 'lab jay:secret' >/etc/secrets
chmod 600 /etc/secrets
echo 'listen on lo port 70000' >/etc/smtpd.conf
smtpd -n 2>&1 | head -n 1
for host in smpt://127.0.0.1 smtp://127.0.0.1:smtp smtp://127.0.0.1:70000 2001:db8::25 smtp+notls://lab@127.0.0.1; do
  printf '%s\n' 'table secrets file:/etc/secrets' 'listen on socket' "action out relay host \"$host\" auth <secrets>" \
    'match from any for any action out' >/etc/smtpd.conf
  echo "$host: $(smtpd -n 2>&1)"
  smtpd -d >/log 2>&1 &
  for try in $(seq 50); do smtpctl show status >/dev/null 2>&1 && break; sleep 0.2; done
  echo hello | sendmail -f jay@example.com alice@internet.example
  for try in $(seq 50); do smtpctl show queue | grep -q 'pending|.*smarthost' && break; sleep 0.2; done
  echo "$host: $(smtpctl show queue | cut -d '|' -f 12,14), $(grep -c result= /log) results"
  kill $!
  wait $!
  rm -rf /var/spool/smtpd/queue
done
RUN
)
echo "$seen"
each() { printf '%s: configuration OK\n%s: pending|Cannot parse smarthost, 0 results\n' "$1" "$1"; }
[ "$seen" = "/etc/smtpd.conf:1: invalid port: 70000
$(for host in smpt://127.0.0.1 smtp://127.0.0.1:smtp smtp://127.0.0.1:70000 2001:db8::25 smtp+notls://lab@127.0.0.1; do each $host; done)" ] ||
  { echo 'changed' >&2; exit 1; }

#!/bin/sh
# OpenSMTPD refuses a recipient for the NOTIFY that another recipient of the same message had.
#
# One would guess: NOTIFY belongs to the one RCPT TO that bears it (RFC 3461, 4.1), so a message may ask for reports about
# jay and for none about alice.
# It is: smtpd adds each NOTIFY to those before it. Behind `NOTIFY=SUCCESS` a `NOTIFY=NEVER` is a combination of two, and
# the recipient is refused for good (553); behind `NOTIFY=NEVER` every other value is. Only the first recipient of a
# message is judged by what was sent for it.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 <<'RUN'
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
printf '%s\n' 'listen on lo' 'action "inbox" maildir' 'match from any for domain example.com action "inbox"' >/etc/smtpd.conf
smtpd
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
send() {
  for line in 'EHLO me' 'MAIL FROM:<bob@internet.example>' "$@" QUIT; do printf '%s\r\n' "$line"; sleep 0.3; done |
    nc.openbsd -N 127.0.0.1 25 | tr -d '\r' | sed '1,/2.0.0 Ok$/d; /Bye$/d'
}
for order in 'jay:NEVER alice:SUCCESS' 'alice:SUCCESS jay:NEVER'; do
  set -- $order
  echo "$1, then $2"
  send "RCPT TO:<${1%:*}@example.com> NOTIFY=${1#*:}" "RCPT TO:<${2%:*}@example.com> NOTIFY=${2#*:}"
done
RUN
)
echo "$seen"
ok='250 2.1.5 Destination address valid: Recipient ok'
refused='553 NOTIFY option NEVER cannot be combined with other options'
[ "$seen" = "jay:NEVER, then alice:SUCCESS
$ok
$refused
alice:SUCCESS, then jay:NEVER
$ok
$refused" ] || { echo 'changed' >&2; exit 1; }

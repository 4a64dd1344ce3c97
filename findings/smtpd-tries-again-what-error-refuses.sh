#!/bin/sh
# OpenSMTPD answers mail for an alias `error:550 jay has left, write to bob` with 424, a temporary error, because of the comma.
#
# One would guess: "the message must be present and can be freely chosen" (error:code message, aliases(5)), so the sender
# gets "550 jay has left, write to bob" at once. Or `smtpd -n`, which reads the table, refuses what it can't use.
# It is: a comma ends the message, and the rest is taken for a second recipient; an apostrophe opens a quote. Both are
# "configuration OK", and the answer is "424 4.2.4 Mailing list expansion problem": senders try for days, their users
# hear nothing until then and never read the message. Without comma and apostrophe it is sent as 550.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat >/etc/aliases <<'ALIASES'
plain: error:550 5.1.6 jay has left; write to bob
comma: error:550 5.1.6 jay has left, write to bob
quote: error:550 5.1.6 jay doesn't work here
ALIASES
printf '%s\n' 'listen on lo' 'table aliases file:/etc/aliases' 'action "inbox" maildir alias <aliases>' \
  'match from any for domain example.com action "inbox"' >/etc/smtpd.conf
smtpd -n 2>&1
smtpd
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
for line in 'EHLO me' 'MAIL FROM:<eve@example.org>' 'RCPT TO:<plain@example.com>' 'RCPT TO:<comma@example.com>' \
  'RCPT TO:<quote@example.com>' QUIT; do printf '%s\r\n' "$line"; sleep 0.3; done | nc.openbsd -N 127.0.0.1 25 | tr -d '\r' | sed 1,8d
RUN
)
echo "$seen"
[ "$seen" = 'configuration OK
550 5.1.6 jay has left; write to bob: <plain@example.com>
424 4.2.4 Mailing list expansion problem: <comma@example.com>
424 4.2.4 Mailing list expansion problem: <quote@example.com>
221 2.0.0 Bye' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# OpenSMTPD sends "421 Internal server error" for a filter's `reject "no spam"`, and `smtpd -n` has no objection.
#
# One would guess: the text of smtpd.conf(5)'s `reject message` is what the client reads; where a number has to stand in
# front, the parser asks for it or smtpd adds one, 550 say.
# It is: a text that does not begin with a number of 4xx or 5xx is thrown away and makes a fault of the server of it. 421 is
# temporary, so who was to be refused comes again for days, and the log speaks of an internal error. An enhanced code
# alone (`5.7.1 no spam`) is no number either.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 <<'RUN'
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
for text in '550 no spam' '450 later' 'no spam' '5.7.1 no spam'; do
  cat >/etc/smtpd.conf <<CONF
table refused { "@spam.example" }
filter spam phase mail-from match mail-from <refused> reject "$text"
listen on lo filter spam
action inbox maildir
match from any for any action inbox
CONF
  echo "$text: $(smtpd -n 2>&1)"
  smtpd -d >/log 2>&1 &
  for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
  answer=$(for line in 'HELO me' 'MAIL FROM:<bob@spam.example>'; do printf '%s\r\n' "$line"; sleep 0.3; done |
    nc.openbsd -N 127.0.0.1 25 | tr -d '\r' | tail -n 1)
  echo "$text: $answer"
  kill $!
  wait $!
done
RUN
)
echo "$seen"
[ "$seen" = '550 no spam: configuration OK
550 no spam: 550 no spam
450 later: configuration OK
450 later: 450 later
no spam: configuration OK
no spam: 421 Internal server error
5.7.1 no spam: configuration OK
5.7.1 no spam: 421 Internal server error' ] || { echo 'changed' >&2; exit 1; }

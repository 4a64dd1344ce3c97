#!/bin/sh
# postsrsd and Mail::SRS rewrite senders with quotes or an address literal to addresses that break the syntax of SMTP.
#
# One would guess: what SRS puts into a local part is quoted where it has to be, `"SRS0=…=jay x"@relay.example.com`, or
# such a sender is left alone, so that a forwarded message can still be sent and bounced.
# It is: `"jay x"` with its quotes, or the literal with its brackets and colons, goes into the middle of a local part
# that is not quoted (RFC 5321, 4.1.2: atoms or a quoted string, no mixture). Both reverse it happily, but the next
# server refuses MAIL FROM for good: OpenSMTPD here, which takes the literal where it is a domain (quotes it
# refuses anywhere). postsrsd also gives back `jay%20x`, another address than it got.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 postsrsd=1.10-2.2 libmail-srs-perl=0.31-9 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: \(.*\)/postsrsd 1.10, Mail::SRS 0.31, \1/p' >&2
mkdir -p -m 711 /var/spool/smtpd
printf '%s\n' 'listen on lo' 'action "inbox" maildir' 'match from any for any action "inbox"' >/etc/smtpd.conf
smtpd
echo secret >secret
postsrsd -s secret -d relay.example.com -u nobody -f 10001 -r 10002 -D -p pid
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
sends() {
  for line in 'HELO me' "MAIL FROM:<$1>" QUIT; do printf '%s\r\n' "$line"; sleep 0.3; done | nc.openbsd -N 127.0.0.1 25 |
    tr -d '\r' | sed -n 3p
}
look() { { printf 'get %s\n' "$2"; sleep 0.5; } | nc.openbsd -N 127.0.0.1 "$1" | sed 's/^200 //' | tr -d '\r'; }
for sender in jay@internet.example 'jay@[IPv6:2001:db8::1]' '"jay x"@internet.example'; do
  echo "$sender: $(sends "$sender")"
  perl=$(perl -MMail::SRS -e 'print Mail::SRS->new(Secret => "x")->forward($ARGV[0], "relay.example.com")' "$sender")
  post=$(look 10001 "$sender")
  for address in "$perl" "$post"; do echo "$(echo "$address" | sed 's/=[^=]*=[^=]*=/=…=/'): $(sends "$address")"; done
  echo "back from postsrsd: $(look 10002 "$post")"
done
kill "$(cat pid)"
RUN
)
echo "$seen"
[ "$seen" = 'jay@internet.example: 250 2.0.0 Ok
SRS0=…=internet.example=jay@relay.example.com: 250 2.0.0 Ok
SRS0=…=internet.example=jay@relay.example.com: 250 2.0.0 Ok
back from postsrsd: jay@internet.example
jay@[IPv6:2001:db8::1]: 250 2.0.0 Ok
SRS0=…=[IPv6:2001:db8::1]=jay@relay.example.com: 553 5.1.0 Sender address syntax error
SRS0=…=[IPv6:2001:db8::1]=jay@relay.example.com: 553 5.1.0 Sender address syntax error
back from postsrsd: jay@[IPv6:2001:db8::1]
"jay x"@internet.example: 553 5.1.0 Sender address syntax error
SRS0=…=internet.example="jay x"@relay.example.com: 553 5.1.0 Sender address syntax error
SRS0=…=internet.example="jay%20x"@relay.example.com: 553 5.1.0 Sender address syntax error
back from postsrsd: "jay%20x"@internet.example' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# OpenSMTPD defers all mail for an alias or a .forward with an address like o'brien@example.net, and gives it to nobody.
#
# One would guess: an apostrophe is an ordinary character of an address (RFC 5322, 3.2.3; smtpd itself takes it in RCPT and
# relays it), and aliases(5) has "an email address in RFC 5322 format" and does not speak of quotes. So the member
# gets the mail, or `smtpd -n`, which reads the table, refuses the line.
# It is: the apostrophe opens a quote that ends at the next one, and commas within it separate nothing. With one the line
# can't be read, with two both addresses and all between them are one. `smtpd -n` and `smtpctl update table` accept it, each
# mail for the alias gets "424 Mailing list expansion problem", so senders try for days; jay, on the same line, gets nothing
# either. With a backslash before the apostrophe, which aliases(5) does not have, it works.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 ca-certificates <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat /usr/share/ca-certificates/mozilla/*.crt >/etc/ssl/certs/ca-certificates.crt
cat >/etc/aliases <<'ALIASES'
one: jay, o'brien@example.net
two: o'brien@example.net, jay, d'arcy@example.net
escaped: jay, o\'brien@example.net
ALIASES
echo "o'brien@example.net" >/home/alice/.forward
chown -R alice /home/alice
cat >/etc/smtpd.conf <<'CONF'
listen on lo
table aliases file:/etc/aliases
action "inbox" maildir alias <aliases>
action "out" relay host smtp+notls://127.0.0.1:2525
match from any for domain example.com action "inbox"
match from any for domain example.net action "out"
CONF
smtpd -n 2>&1
smtpd -d 2>/tmp/log &
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
smtpctl update table aliases
for line in 'EHLO me' 'MAIL FROM:<eve@example.org>' "RCPT TO:<o'brien@example.net>" 'RCPT TO:<one@example.com>' 'RCPT TO:<two@example.com>' \
  'RCPT TO:<alice@example.com>' 'RCPT TO:<escaped@example.com>' QUIT; do printf '%s\r\n' "$line"; sleep 0.3; done |
  nc.openbsd -N 127.0.0.1 25 | tr -d '\r' | sed 1,8d
RUN
)
echo "$seen"
[ "$seen" = 'configuration OK
command succeeded
250 2.1.5 Destination address valid: Recipient ok
424 4.2.4 Mailing list expansion problem: <one@example.com>
424 4.2.4 Mailing list expansion problem: <two@example.com>
424 4.2.4 Mailing list expansion problem: <alice@example.com>
250 2.1.5 Destination address valid: Recipient ok
221 2.0.0 Bye' ] || { echo 'changed' >&2; exit 1; }

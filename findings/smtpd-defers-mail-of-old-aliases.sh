#!/bin/sh
# OpenSMTPD loads an aliases file of sendmail's tradition without a word and then defers the mail of some of its lines.
#
# One would guess: `smtpd -n`, which reads the file, names the lines that it can't use, or takes what aliases(5) of
# sendmail and Postfix take: a comment behind a value, a blank before the colon, a name in quotes.
# It is: all three are "configuration OK". Their mail is refused with 424, a temporary error with a number that no RFC has,
# so senders try for days. Only a value that goes on in the next line is refused by -n, and with it the whole file.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 <<'RUN'
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
printf '%s\n' 'table aliases file:/etc/aliases' 'listen on lo' 'action "inbox" maildir alias <aliases>' \
  'match from any for domain example.com action "inbox"' >/etc/smtpd.conf
printf '%s\n' 'folded: jay,' '  alice' >/etc/aliases
smtpd -n 2>&1 | head -n 1
printf '%s\n' 'comment: jay # the admin' 'blank : jay' 'quoted: "jay"' 'plain: jay' >/etc/aliases
smtpd -n 2>&1
smtpd
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
for line in 'EHLO me' 'MAIL FROM:<bob@internet.example>' 'RCPT TO:<comment@example.com>' 'RCPT TO:<blank@example.com>' \
  'RCPT TO:<quoted@example.com>' 'RCPT TO:<plain@example.com>' QUIT
do printf '%s\r\n' "$line"; sleep 0.3; done | nc.openbsd -N 127.0.0.1 25 | tr -d '\r' | sed '1,/2.0.0 Ok$/d; /Bye$/d'
RUN
)
echo "$seen"
[ "$seen" = '/etc/aliases:2 invalid map entry
configuration OK
424 4.2.4 Mailing list expansion problem: <comment@example.com>
424 4.2.4 Mailing list expansion problem: <blank@example.com>
424 4.2.4 Mailing list expansion problem: <quoted@example.com>
250 2.1.5 Destination address valid: Recipient ok' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# OpenSMTPD as an MX writes its own name into the To, Cc and From fields of mail that comes from elsewhere.
#
# One would guess: names without a domain are completed where a message is made (sendmail, submission), and a server that
# takes mail from outside leaves header fields alone (RFC 5321, 6.4). It does leave out the Date and Message-ID that a
# local message would have been given.
# It is: on every listener `To: alice` becomes `To: alice@name-of-the-mx`. Such fields are in what cron and monitors
# send; their DKIM signature is broken on the way, and an answer to all goes to an address that the sender never wrote.
# Reply-To and Sender stay as they are.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 iproute2 <<'RUN'
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
ip address add 192.0.2.25/32 dev lo
echo mx1.example.com >/etc/mailname
printf '%s\n' 'listen on 192.0.2.25' 'listen on socket' 'action "inbox" maildir' 'match from any for any action "inbox"' >/etc/smtpd.conf
smtpd
for try in $(seq 50); do nc.openbsd -z 192.0.2.25 25 2>/dev/null && break; sleep 0.2; done
for line in 'EHLO me' 'MAIL FROM:<root@internet.example>' 'RCPT TO:<jay@example.com>' DATA \
  'From: root (Cron Daemon)' 'To: root' 'Cc: Alice <alice>, bob@internet.example' 'Reply-To: root' 'Sender: root' '' hello . QUIT
do printf '%s\r\n' "$line"; sleep 0.2; done | nc.openbsd -N 192.0.2.25 25 >/dev/null
for try in $(seq 50); do [ -e /home/jay/Maildir/new ] && break; sleep 0.2; done
sleep 1
sed -n '/^From: /,/^$/p' /home/jay/Maildir/new/*
RUN
)
echo "$seen"
[ "$seen" = 'From: root@mx1.example.com (Cron Daemon)
To: root@mx1.example.com
Cc: Alice <alice@mx1.example.com>, bob@internet.example
Reply-To: root
Sender: root' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# SpamAssassin takes the `<unknown>` that OpenSMTPD writes for a client without a name for its name: no points for that.
#
# One would guess: SpamAssassin knows how the common mail servers note a client whose address has no name in DNS, and gives such
# mail its 2.4 points (RDNS_NONE), behind OpenSMTPD as behind Postfix; it reads all else in OpenSMTPD's Received line well.
# It is: it knows `unknown`, as Postfix and sendmail write it, but not `<unknown>`. The client's name is "!unknown!" then, and the
# rule never matches, nor do the rules built on it. Mail from addresses without a name scores 2.4 less behind OpenSMTPD; the same
# message with "unknown" without the brackets has the points.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 spamassassin=4.0.1-5 netcat-openbsd=1.229-1 iproute2 <<'RUN'
export LC_ALL=C HOME=/root
cd /tmp
echo "opensmtpd 7.6.0p1, $(spamassassin --version | head -n 1)" >&2
mkdir -p -m 711 /var/spool/smtpd
mkdir -p /root/.spamassassin
: >/root/.spamassassin/user_prefs
ip address add 192.0.2.25/32 dev lo
ip address add 198.51.100.7/32 dev lo
ip address add 198.51.100.8/32 dev lo
echo 198.51.100.8 mail.example.net >>/etc/hosts
echo mx.example.com >/etc/mailname
printf '%s\n' 'listen on 192.0.2.25' 'listen on socket' 'action "inbox" maildir' 'match from any for any action "inbox"' >/etc/smtpd.conf
smtpd
for try in $(seq 50); do nc.openbsd -z 192.0.2.25 25 2>/dev/null && break; sleep 0.2; done
receive() {
  for line in 'EHLO mail.example.net' 'MAIL FROM:<bob@example.net>' 'RCPT TO:<jay@example.com>' DATA 'From: Bob <bob@example.net>' \
    'To: jay@example.com' 'Subject: hello' '' hello . QUIT
  do printf '%s\r\n' "$line"; sleep 0.2; done | nc.openbsd -N -s "$1" 192.0.2.25 25 >/dev/null
  for try in $(seq 50); do [ "$(ls /home/jay/Maildir/new 2>/dev/null)" ] && break; sleep 0.2; done
  sleep 1
  mv /home/jay/Maildir/new/* message
}
ask() {
  echo "$1: $(sed -n 's/^Received: //p' message), $(spamassassin -L -t <message 2>/dev/null | sed -n 's/^ *\([0-9.]*\) \(RDNS_NONE\) .*/\1 \2/p' |
    sort -u)"
}
receive 198.51.100.7
ask 'no name'
sed -i 's/(<unknown> /(unknown /' message
ask 'as Postfix has it'
receive 198.51.100.8
ask 'a name'
RUN
)
echo "$seen"
[ "$seen" = 'no name: from mail.example.net (<unknown> [198.51.100.7]), 
as Postfix has it: from mail.example.net (unknown [198.51.100.7]), 2.4 RDNS_NONE
a name: from mail.example.net (mail.example.net [198.51.100.8]), ' ] || { echo 'changed' >&2; exit 1; }

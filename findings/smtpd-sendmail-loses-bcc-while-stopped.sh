#!/bin/sh
# Mail that is written with sendmail of OpenSMTPD while smtpd is stopped never reaches its Bcc recipients.
#
# One would guess: the message waits in /var/spool/smtpd/offline and, when smtpd starts, goes to everybody to whom
# `sendmail -t` would have sent it ("Read the message's To:, Cc:, and Bcc: fields for recipients", sendmail(8) of
# OpenSMTPD), and its Date is the time when it was written (RFC 5322, 3.6.1).
# It is: sendmail stores the message without its Bcc field, and as recipients only its own arguments. When smtpd starts,
# `sendmail -t` is run again and finds those of To and Cc; nothing is logged or bounced about the others. A message that
# has only Bcc recipients stays in the folder for ever, and nothing in it says for whom it was. Date is added at that
# time too. That sendmail exits with 75 (EX_TEMPFAIL) although it keeps the message is so in Sendmail as well.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 <<'RUN'
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
echo mimando.lan >/etc/mailname
printf '%s\n' 'listen on lo' 'action "inbox" maildir' 'match for domain example.com action "inbox"' >/etc/smtpd.conf
start() {
  smtpd -d >>/tmp/log 2>&1 &
  for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
}
stop() { kill $!; wait $! || true; }
mail() { printf '%s\n' "$@" '' text | sendmail -t && code=0 || code=$?; }
inbox() { grep -hs '^Subject:' "/home/$1/Maildir/new/"* | cut -d' ' -f2 | sort | tr '\n' ' '; }
start
mail 'Subject: one' 'To: jay@example.com' 'Bcc: alice@example.com'
echo "smtpd runs: exit $code"
for try in $(seq 50); do [ -n "$(inbox alice)" ] && [ -n "$(inbox jay)" ] && break; sleep 0.2; done
stop
mail 'Subject: two' 'To: jay@example.com' 'Bcc: alice@example.com'
echo "smtpd is stopped: exit $code"
mail 'Subject: three' 'Bcc: alice@example.com'
cd /var/spool/smtpd/offline
echo "in its place: $(ls | wc -l) messages, $(cat * | grep -c Bcc) lines Bcc"
written=$(date +%s)
sleep 3
start
for try in $(seq 50); do [ -z "$(ls /var/spool/smtpd/offline)" ] && break; sleep 0.2; done
sleep 2
echo "jay has: $(inbox jay)"
echo "alice has: $(inbox alice)"
echo "left: $(ls /var/spool/smtpd/offline | wc -l) offline, $(smtpctl show queue | wc -l) in the queue"
date=$(sed -n 's/^Date: //p' $(grep -l '^Subject: two' /home/jay/Maildir/new/*))
[ "$(date -d "$date" +%s)" -gt "$((written + 1))" ] && echo 'Date: later than written'
grep -o 'enqueue offline message' /tmp/log
stop
RUN
)
echo "$seen"
[ "$seen" = 'smtpd runs: exit 0
smtpd is stopped: exit 75
in its place: 2 messages, 0 lines Bcc
jay has: one two 
alice has: one 
left: 1 offline, 0 in the queue
Date: later than written
enqueue offline message' ] || { echo 'changed' >&2; exit 1; }

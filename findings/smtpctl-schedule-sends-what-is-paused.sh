#!/bin/sh
# `smtpctl schedule all` sends the messages that `smtpctl pause envelope` has stopped; `resume` returns them unsent if they are old.
#
# One would guess: an envelope that is suspended stays so until it is resumed, whatever is scheduled meanwhile, and `smtpctl
# resume envelope` lets it go on: it is tried at least once ("pause envelope: temporarily suspend scheduling for the envelope",
# "resume envelope: resume scheduling for the envelope", smtpctl(8)).
# It is: `smtpctl schedule all`, which one types after an outage to get the other mail going, counts suspended envelopes
# as well and delivers them. While an envelope is suspended, its time in the queue (ttl) goes on, but nobody is told;
# `resume` after that time returns it to its sender at once as "Envelope expired", without a try, though the recipient can be
# reached; `schedule` delivers the same message.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat >/etc/smtpd.conf <<'CONF'
listen on lo
table everybody { "@" = alice }
action "inbox" maildir
action "four days" mda "[ -e /tmp/ready ] && cat >>/tmp/mail || exit 75" virtual <everybody>
action "10 seconds" mda "[ -e /tmp/ready ] && cat >>/tmp/mail || exit 75" virtual <everybody> ttl 10s
match from any for domain example.com action "inbox"
match from any for domain days.example action "four days"
match from any for domain seconds.example action "10 seconds"
CONF
: >/tmp/mail; chmod 666 /tmp/mail
chown -R jay /home/jay
smtpd -d 2>/tmp/log &
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
show() {
  smtpctl show queue | cut -d'|' -f4,7,14 | sort | sed 's/^/  /'
  grep '^Subject:' /tmp/mail | sort | sed 's/^Subject:/  delivered:/'
}
for to in young@days.example scheduled@seconds.example resumed@seconds.example; do
  for line in 'EHLO me' 'MAIL FROM:<jay@example.com>' "RCPT TO:<$to>" DATA "Subject: $to" '' text . QUIT; do
    printf '%s\r\n' "$line"; sleep 0.2
  done | nc.openbsd -N 127.0.0.1 25 >/dev/null
  id=
  for try in $(seq 50); do id=$(smtpctl show queue | sed -n "/$to.*exited abnormally/s/|.*//p"); [ "$id" ] && break; sleep 0.1; done
  smtpctl pause envelope "$id"
done
touch /tmp/ready
sleep 12
echo 'after 12 seconds:'; show
smtpctl resume envelope "$id"
for try in $(seq 100); do [ -z "$(ls /home/jay/Maildir/new 2>/dev/null)" ] || break; sleep 0.2; done
grep -h 'expired' /home/jay/Maildir/new/*
smtpctl schedule all
for try in $(seq 100); do [ "$(grep -c '^Subject' /tmp/mail)" -ge 2 ] && break; sleep 0.2; done
sleep 1
echo 'scheduled:'; show
RUN
)
echo "$seen"
[ "$seen" = '1 envelope paused
1 envelope paused
1 envelope paused
after 12 seconds:
  suspend|resumed@seconds.example|exited abnormally
  suspend|scheduled@seconds.example|exited abnormally
  suspend|young@days.example|exited abnormally
1 envelope resumed
resumed@seconds.example: Envelope expired
2 envelopes scheduled
scheduled:
  delivered: scheduled@seconds.example
  delivered: young@days.example' ] || { echo 'changed' >&2; exit 1; }

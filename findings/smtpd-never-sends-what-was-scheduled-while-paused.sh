#!/bin/sh
# OpenSMTPD never delivers mail that `smtpctl schedule` was used for while deliveries were paused, and what comes after it.
#
# One would guess: `smtpctl schedule all` while mda or mta is paused has no effect, or takes effect with `smtpctl resume`.
# It is: scheduler_ramqueue.c takes the envelope, which is scheduled already, out of the list of pending ones, in which it is
# not, and appends it to the list that it is in. After `smtpctl resume` that mail is in the queue as pending and is never
# tried, nor is mail that comes later, until smtpd is restarted; on a host with more mail the scheduler then loops for ever.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 perl <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat >/etc/smtpd.conf <<'CONF'
listen on lo
table everybody { "@" = alice }
action "deliver" mda "cat >>/tmp/mail" virtual <everybody>
match from any for any action "deliver"
CONF
start() { smtpd; for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done; }
stop() { pkill -x smtpd; for try in $(seq 50); do pgrep -x smtpd >/dev/null || break; sleep 0.2; done; }
receive() {
  for line in 'EHLO me' 'MAIL FROM:<>' "RCPT TO:<$1>" DATA "Subject: for $1" '' text . QUIT; do printf '%s\r\n' "$line"; sleep 0.3; done |
    nc.openbsd -N 127.0.0.1 25 >/dev/null
}
show() {
  echo "$1: $(smtpctl show status | head -n 1); queue:$(timeout 5 smtpctl show queue | cut -d'|' -f7,12 | sort | sed 's/^/ /' | tr -d '\n'); delivered: $(grep -ch '^Subject:' /tmp/mail)"
}
: >/tmp/mail; chmod 666 /tmp/mail
start
smtpctl pause mda >/dev/null; receive paused@example.com; smtpctl resume mda >/dev/null; sleep 10; show 'not scheduled'
smtpctl pause mda >/dev/null; receive scheduled@example.com
smtpctl schedule all
smtpctl resume mda >/dev/null; receive later@example.com; sleep 30; show 'scheduled'; stop
start; sleep 10; show 'restarted'; stop
RUN
)
echo "$seen"
[ "$seen" = 'not scheduled: MDA running; queue:; delivered: 1
1 envelope scheduled
scheduled: MDA running; queue: later@example.com|pending scheduled@example.com|pending; delivered: 1
restarted: MDA running; queue:; delivered: 3' ] || { echo 'changed' >&2; exit 1; }

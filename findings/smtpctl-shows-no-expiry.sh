#!/bin/sh
# `smtpctl show queue` shows the time of creation as the time of expiration, and no time of a delivery attempt.
#
# One would guess: the ninth field, "Time of expiration" (smtpctl(8)), is the eighth (creation) plus `queue ttl` or the ttl
# of the action, and the tenth, the last attempt, is a time as soon as the number of attempts after it is not 0.
# It is: eighth and ninth are always the same, so each message looks expired, and the tenth is 0 while it waits. The real
# time is in the memory of the scheduler, which computes it anew at each start from smtpd.conf. So a restart with a
# shorter ttl applies to what is already in the queue: here a message that had four days is given up at once.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 <<'RUN'
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
start() {
  cat >/etc/smtpd.conf <<CONF
queue ttl $1
listen on lo
table all { "@" = alice }
action "inbox" maildir
action "deliver" mda "exit 75" virtual <all>
action "short" mda "exit 75" virtual <all> ttl 1h
match from any for domain example.com action "inbox"
match from any for domain elsewhere.example action "deliver"
match from any for domain short.example action "short"
CONF
  smtpd -d >/tmp/log 2>&1 &
  for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
}
queue() {
  smtpctl show queue | while IFS='|' read -r id net type flags from old rcpt created expires last tries rest; do
    echo "$rcpt: expires $((expires - created)) s after creation, last attempt $last, attempts $tries"
  done | sort
}
start 4d
for line in 'EHLO me' 'MAIL FROM:<jay@example.com>' 'RCPT TO:<bob@elsewhere.example>' 'RCPT TO:<eve@short.example>' \
  DATA 'Subject: hello' '' text . QUIT; do printf '%s\r\n' "$line"; sleep 0.3; done | nc.openbsd -N 127.0.0.1 25 >/dev/null
for try in $(seq 50); do [ "$(smtpctl show queue | cut -d'|' -f11 | tr '\n' ' ')" = '1 1 ' ] && break; sleep 0.1; done
echo 'ttl 4d, 1h for short.example'
queue
kill $!
wait $! || true
sleep 1
start 2s
for try in $(seq 100); do [ "$(smtpctl show queue | wc -l)" -ne 2 ] && break; sleep 0.2; done
echo 'restarted with ttl 2s'
for try in $(seq 50); do [ -z "$(ls /home/jay/Maildir/new 2>/dev/null)" ] || break; sleep 0.2; done
grep -h 'expired' /home/jay/Maildir/new/*
kill $!
RUN
)
echo "$seen"
[ "$seen" = 'ttl 4d, 1h for short.example
bob@elsewhere.example: expires 0 s after creation, last attempt 0, attempts 1
eve@short.example: expires 0 s after creation, last attempt 0, attempts 1
restarted with ttl 2s
bob@elsewhere.example: Envelope expired' ] || { echo 'changed' >&2; exit 1; }

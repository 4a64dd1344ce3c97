#!/bin/sh
# Mail that cron and other local programs send after `smtpctl pause smtp` is refused for good and kept nowhere.
#
# One would guess: "temporarily stop accepting incoming sessions" (smtpctl(8)) concerns the network, or local mail waits as it
# does while smtpd is stopped, when sendmail keeps it for later; clients from the network get 421 or no connection.
# It is: sendmail ends with 1, "server disallowed submission request", which is not a temporary error (EX_TEMPFAIL is 75).
# The message is neither in the queue nor in the offline folder nor in dead.letter, so a stopped server loses
# less than a paused one. From the network the connection is established by the kernel, and the client waits for
# a greeting that does not come: a check whether port 25 is open still says yes.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 <<'RUN'
export LC_ALL=C HOME=/root
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
printf '%s\n' 'listen on lo' 'listen on socket' 'action "inbox" maildir' 'match from any for any action "inbox"' >/etc/smtpd.conf
smtpd -d >/tmp/log 2>&1 &
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
give() {
  code=0
  printf '%s\n' "Subject: $1" '' text | sendmail -f jay@example.com jay@example.com 2>/tmp/error || code=$?
  for try in $(seq 50); do [ -z "$(smtpctl show queue 2>/dev/null)" ] && break; sleep 0.2; done
  echo "$1: exit $code $(cat /tmp/error); delivered:" $(grep -lrs "^Subject: $1" /home/jay/Maildir | wc -l), \
    offline: $(ls /var/spool/smtpd/offline | wc -l), dead.letter: $(find / -xdev -name dead.letter | wc -l)
}
connect() {
  nc.openbsd -z 127.0.0.1 25 2>/dev/null && echo 'port 25 is open'
  (echo QUIT; sleep 5) | timeout 10 nc.openbsd -N -w 5 127.0.0.1 25 | grep -c '^220' | sed 's/^/greetings: /'
}
give running; connect
smtpctl pause smtp >/dev/null
give paused; connect
smtpctl resume smtp >/dev/null; sleep 2
give resumed
kill $!; wait $! || :
give stopped
RUN
)
echo "$seen"
[ "$seen" = 'running: exit 0 ; delivered: 1, offline: 0, dead.letter: 0
port 25 is open
greetings: 1
paused: exit 1 sendmail: server disallowed submission request; delivered: 0, offline: 0, dead.letter: 0
port 25 is open
greetings: 0
resumed: exit 0 ; delivered: 1, offline: 0, dead.letter: 0
stopped: exit 75 ; delivered: 0, offline: 1, dead.letter: 0' ] || { echo 'changed' >&2; exit 1; }

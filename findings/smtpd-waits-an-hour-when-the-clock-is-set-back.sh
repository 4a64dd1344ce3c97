#!/bin/sh
# OpenSMTPD sends nothing to a host for an hour if its clock is set back by an hour after a connection has failed.
#
# One would guess: a failed connection disables a route for 15 seconds, as the log says, and smtpd counts these seconds; or
# when the clock is set back, as by ntpd(8) after a boot with a clock in local time, it notices.
# It is: what a route and its connector wait for is a time of day. After the clock was set back by an hour, all mail to that
# host stays "inflight" for an hour, new mail as well, though the host answers. `smtpctl resume route` and `smtpctl schedule
# all` say that they have succeeded, and nothing happens; nothing is logged. Only a restart ends it, and the message of the
# failed attempt then still waits for an hour and seven minutes.
# The clock is that of libfaketime; nothing of this machine changes. Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 libfaketime=0.9.10+2024-06-05+gba9ed5b2-0.6 ca-certificates \
  netcat-openbsd=1.229-1 mawk <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat /usr/share/ca-certificates/mozilla/*.crt >/etc/ssl/certs/ca-certificates.crt
printf '%s\n' 'listen on socket' 'action "relay" relay host smtp://127.0.0.1:2525' \
  'match from local for any action "relay"' >/etc/smtpd.conf
# smtpd's processes look for it in their own roots.
clock() { for root in '' /var/spool/smtpd /var/lib/opensmtpd/empty; do echo "$1" >$root/clock; done; }
clock '+3600s'
export FAKETIME_TIMESTAMP_FILE=/clock FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1
export LD_PRELOAD="$(ls /usr/lib/*/faketime/libfaketime.so.1)"
smtpd -d 2>/tmp/log &
smtpd=$!
for try in $(seq 50); do smtpctl show status >/dev/null 2>&1 && break; sleep 0.2; done
echo 'Subject: one' | sendmail -f jay@example.com bob@elsewhere.example
for try in $(seq 150); do grep -q 'Disabling route' /tmp/log && break; sleep 0.2; done
grep -o 'Disabling route.*' /tmp/log
answer() {
  printf '220 relay\r\n'
  while read -r line; do
    case $line in
      DATA*)
        printf '354 go on\r\n'
        while read -r line; do case $line in .?) break ;; Subject*) echo "taken: ${line%?}" >>/tmp/taken ;; esac; done
        printf '250 ok\r\n'
        ;;
      QUIT*) printf '221 bye\r\n'; return ;;
      *) printf '250 ok\r\n' ;;
    esac
  done
}
mkfifo /tmp/there
: >/tmp/taken
(while :; do answer </tmp/there | nc.openbsd -l 127.0.0.1 2525 >/tmp/there 2>/dev/null; done) &
for try in $(seq 150); do grep -q 'mta delivery' /tmp/log && break; sleep 0.2; done
clock '+0'
echo 'Subject: two' | sendmail -f jay@example.com bob@elsewhere.example
sleep 25
echo "25 seconds later, taken: $(wc -l </tmp/taken)"
show() { smtpctl show queue | mawk -F'|' '{ print $12 ($13 > 3600 ? ", in more than an hour" : ""), $14 }' | sort; }
show
smtpctl show routes | sed 's/timeout=\(5[0-9]\)m.*/timeout of more than 50 minutes/; s/^1. //'
smtpctl resume route 1 >/dev/null
smtpctl schedule all >/dev/null
sleep 20
echo "after smtpctl resume route and smtpctl schedule, taken: $(wc -l </tmp/taken)"
kill $smtpd
wait $smtpd || true
smtpd -d 2>>/tmp/log &
for try in $(seq 150); do [ -s /tmp/taken ] && break; sleep 0.2; done
for try in $(seq 150); do smtpctl show queue | grep -q inflight || break; sleep 0.2; done
echo 'after a restart:'
cat /tmp/taken
show
RUN
)
echo "$seen"
[ "$seen" = 'Disabling route [] <-> 127.0.0.1 (localhost) for 15s
25 seconds later, taken: 0
inflight 
pending, in more than an hour Network error on destination MXs
[] <-> 127.0.0.1 (localhost) ND-- nconn=0 nerror=0 penalty=1 timeout of more than 50 minutes
after smtpctl resume route and smtpctl schedule, taken: 0
after a restart:
taken: Subject: two
pending, in more than an hour Network error on destination MXs' ] || { echo 'changed' >&2; exit 1; }

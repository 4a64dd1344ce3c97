#!/bin/sh
# OpenSMTPD takes 27 minutes for five recipients, and hours for hundreds, if a server takes only some of them at a time.
#
# One would guess: recipients for whom a server answers "452 too many recipients" go into the next transaction as soon as the
# first is over: the server has taken the message for the others and waits for the next command. RFC 5321, 4.5.3.1.10,
# has 452 for that, and says that each attempt disposes of at least 100 of them.
# It is: the others are deferred like a mailbox that is full: 400 seconds, then 1600 after the start, 3600, 6400. Five
# recipients at two a time arrive after 0, 7 and 27 minutes; of 1000 at 100 a time the last hundred 9 hours later. No
# option of smtpd.conf(5) sends fewer at once: smtpd offers all of them (up to 1000) to each server.
# The clock is that of libfaketime; nothing of this machine changes. Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 libfaketime=0.9.10+2024-06-05+gba9ed5b2-0.6 ca-certificates \
  netcat-openbsd=1.229-1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat /usr/share/ca-certificates/mozilla/*.crt >/etc/ssl/certs/ca-certificates.crt
printf '%s\n' 'listen on socket' 'action "relay" relay host smtp+notls://127.0.0.1:2525' 'action "wake" mda "cat >/dev/null"' \
  'match from local for local action "wake"' 'match from local for any action "relay"' >/etc/smtpd.conf
# smtpd's processes look for it in their own roots.
clock() { for root in '' /var/spool/smtpd /var/lib/opensmtpd/empty; do echo "$1" >$root/clock; done; }
answer() {
  printf '220 relay\r\n'
  taken=
  while read -r line; do
    case $line in
      MAIL*) count=0; printf '250 ok\r\n' ;;
      RCPT*)
        count=$((count + 1))
        if [ $count -gt 2 ]; then printf '452 4.5.3 too many recipients\r\n'; else printf '250 ok\r\n'; fi
        ;;
      DATA*)
        printf '354 go on\r\n'
        while read -r line; do case $line in .?) break ;; esac; done
        if [ $count -gt 2 ]; then count=2; fi
        echo $count >>/tmp/taken
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
clock '+0s'
export FAKETIME_TIMESTAMP_FILE=/clock FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1
export LD_PRELOAD="$(ls /usr/lib/*/faketime/libfaketime.so.1)"
smtpd -d 2>/tmp/log &
for try in $(seq 50); do smtpctl show status >/dev/null 2>&1 && break; sleep 0.2; done
printf 'Subject: one\n\ntext\n' | sendmail -f jay@example.com a@elsewhere.example b@elsewhere.example c@elsewhere.example \
  d@elsewhere.example e@elsewhere.example
show() {
  for try in $(seq 150); do [ "$(wc -l </tmp/taken)" -ge "$1" ] && break; sleep 0.2; done
  for try in $(seq 50); do smtpctl show queue | grep -q inflight || break; sleep 0.2; done
  # smtpctl is setgid and has the real clock: it counts from the start.
  left=$(smtpctl show queue | grep elsewhere | cut -d'|' -f13 | sort -n | head -n 1)
  echo "attempt $1: $(sed -n "$1p" /tmp/taken) taken, $(smtpctl show queue | grep -c elsewhere || :) wait${left:+, the next try is $(((left + 60) / 60)) minutes after the start}"
}
# Mail for jay makes the scheduler look at the clock.
later() { clock "$1"; echo 'Subject: wake' | sendmail -f jay@example.com jay; }
show 1
later '+500s'
show 2
later '+1700s'
show 3
kill $!
RUN
)
echo "$seen"
[ "$seen" = 'attempt 1: 2 taken, 3 wait, the next try is 7 minutes after the start
attempt 2: 2 taken, 1 wait, the next try is 27 minutes after the start
attempt 3: 1 taken, 0 wait' ] || { echo 'changed' >&2; exit 1; }

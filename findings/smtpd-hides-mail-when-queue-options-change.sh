#!/bin/sh
# Mail that waits in the queue of OpenSMTPD is gone from `smtpctl show queue` after `queue compression` was switched on.
#
# One would guess: the option says how files are stored from now on, so older ones are still read; or smtpd converts them,
# or it refuses to start, or at least complains.
# It is: smtpd reads every file as the present options say. Those that were stored otherwise are skipped when it starts: no
# command shows them, nothing is delivered, no bounce is sent, and the log does not mention them. Their files
# stay, and the mail is back as soon as the option is as it was; then the mail that came meanwhile is hidden. So it is with
# `queue encryption`.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 perl <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
start() {
  { echo "$1"; echo 'listen on lo
table everybody { "@" = alice }
action "deliver" mda "exit 75" virtual <everybody>
match from any for any action "deliver"'; } >/etc/smtpd.conf
  smtpd -n 2>&1
  smtpd -d 2>>/log &
  for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
}
stop() { pkill -x smtpd; for try in $(seq 50); do pgrep -x smtpd >/dev/null || break; sleep 0.2; done; }
receive() {
  for line in 'EHLO me' 'MAIL FROM:<>' "RCPT TO:<$1>" DATA 'Subject: hello' '' text . QUIT; do printf '%s\r\n' "$line"; sleep 0.3; done |
    nc.openbsd -N 127.0.0.1 25 >/dev/null
}
show() {
  sleep 2
  echo "$1: shown:$(smtpctl show queue | cut -d'|' -f7 | sort | sed 's/^/ /' | tr -d '\n'); messages in files: $(find /var/spool/smtpd/queue -name message | wc -l)"
}
start ''; receive first@example.com; show 'as it comes'; stop
start 'queue compression'; show 'queue compression'; receive second@example.com; show 'and another mail'; stop
start ''; show 'without again'; stop
start 'queue encryption 0123456789abcdef0123456789abcdef'; show 'queue encryption'; stop
start 'queue compression'; show 'queue compression'; stop
echo "lines of the log about it: $(grep -v -e ' smtp ' -e ' mda delivery ' /log | grep -ci -e envelope -e message -e corrupt -e compress.*fail -e crypt.*fail)"
RUN
)
echo "$seen"
[ "$seen" = "configuration OK
as it comes: shown: first@example.com; messages in files: 1
configuration OK
queue compression: shown:; messages in files: 1
and another mail: shown: second@example.com; messages in files: 2
configuration OK
without again: shown: first@example.com; messages in files: 2
configuration OK
queue encryption: shown:; messages in files: 2
configuration OK
queue compression: shown: second@example.com; messages in files: 2
lines of the log about it: 0" ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# OpenSMTPD delivers mail after a restart that was paused with `smtpctl pause mda` and with `smtpctl pause envelope`.
#
# One would guess: what smtpctl(8) pauses stays so until it is resumed, at least the single message that somebody has
# suspended in the queue, which is on the disk.
# It is: both are only in the memory of smtpd. After a restart, and so after a reboot or a patch, the flag "suspend" is gone
# from the queue and mail is delivered at once; nothing in the log says that it had been paused.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 perl <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat >/etc/smtpd.conf <<'CONF'
listen on lo
table everybody { "@" = alice }
action "deliver" mda "[ -e /tmp/ready ] && cat >>/tmp/mail || exit 75" virtual <everybody>
match from any for any action "deliver"
CONF
start() { smtpd; for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done; }
stop() { pkill -x smtpd; for try in $(seq 50); do pgrep -x smtpd >/dev/null || break; sleep 0.2; done; }
receive() {
  for line in 'EHLO me' 'MAIL FROM:<>' "RCPT TO:<$1>" DATA "Subject: for $1" '' text . QUIT; do printf '%s\r\n' "$line"; sleep 0.3; done |
    nc.openbsd -N 127.0.0.1 25 >/dev/null
}
show() {
  sleep 2
  echo "$1: $(smtpctl show status | head -n 1); queue:$(smtpctl show queue | cut -d'|' -f4,7 | sort | sed 's/^/ /' | tr -d '\n'); delivered: $(grep -ch '^Subject:' /tmp/mail 2>/dev/null || :)"
}
: >/tmp/mail; chmod 666 /tmp/mail
start; receive suspended@example.com; sleep 1
id=$(smtpctl show queue | cut -d'|' -f1)
smtpctl pause envelope "$id"
smtpctl pause mda >/dev/null
touch /tmp/ready
receive later@example.com
smtpctl schedule all
show 'paused'; stop
start; sleep 25; show 'restarted'; stop
RUN
)
echo "$seen"
[ "$seen" = '1 envelope paused
2 envelopes scheduled
paused: MDA paused; queue: suspend|suspended@example.com |later@example.com; delivered: 0
restarted: MDA running; queue:; delivered: 2' ] || { echo 'changed' >&2; exit 1; }

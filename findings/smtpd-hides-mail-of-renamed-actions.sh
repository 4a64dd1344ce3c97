#!/bin/sh
# Mail that waits in the queue of OpenSMTPD is gone from `smtpctl show queue` after its action was renamed in smtpd.conf.
#
# One would guess: a name in smtpd.conf(5) is a label; waiting mail is matched against the new rules, or goes on by the old
# action, or `smtpd -n` or the start complains.
# It is: each envelope has the name of its action. `smtpd -n` says "configuration OK", smtpd starts and skips what names
# an action that it does not have, with a line in the log that names neither the action nor the mail's recipient: no
# command shows it, nothing is delivered, no bounce is sent, and the queue's ttl does not end it. Its files stay; with the
# old name it is back.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 perl <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
start() {
  echo "queue ttl $2
listen on lo
table everybody { \"@\" = alice }
action \"$1\" mda \"exit 75\" virtual <everybody>
match from any for any action \"$1\"" >/etc/smtpd.conf
  smtpd -n 2>&1
  smtpd -d 2>>/log &
  for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
}
stop() { pkill -x smtpd; for try in $(seq 50); do pgrep -x smtpd >/dev/null || break; sleep 0.2; done; }
receive() {
  for line in 'EHLO me' 'MAIL FROM:<>' 'RCPT TO:<a@example.com>' DATA 'Subject: hello' '' text . QUIT; do printf '%s\r\n' "$line"; sleep 0.3; done |
    nc.openbsd -N 127.0.0.1 25 >/dev/null
}
show() { echo "$1: shown: $(smtpctl show queue | wc -l), messages in files: $(find /var/spool/smtpd/queue -name message | wc -l)"; }
start deliver 10s; receive; sleep 1; show 'action "deliver"'; stop
start deliver_all 10s; sleep 20; show 'action "deliver_all", after the ttl'
smtpctl schedule all
sed -n 's/^warn: [^:]* [0-9a-f]*: /in the log: &/p' /log | sed 's/[0-9a-f]\{16\}/ID/'
stop
start deliver 1h; sleep 1; show 'action "deliver" again'; stop
RUN
)
echo "$seen"
[ "$seen" = 'configuration OK
action "deliver": shown: 1, messages in files: 1
configuration OK
action "deliver_all", after the ttl: shown: 0, messages in files: 1
0 envelope scheduled
in the log: warn: invalid envelope ID: unknown dispatcher
configuration OK
action "deliver" again: shown: 1, messages in files: 1' ] || { echo 'changed' >&2; exit 1; }

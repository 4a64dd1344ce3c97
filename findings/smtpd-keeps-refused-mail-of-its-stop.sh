#!/bin/sh
# Mail written while OpenSMTPD is stopped, and refused when it starts, is neither sent nor returned; it may leave months later.
#
# One would guess: what waits in /var/spool/smtpd/offline goes through smtpd at its start like other mail: an unknown
# recipient or a message that is too large is returned to its sender, and nothing is older than the ttl of the queue.
# It is: the file stays, and the sender, to whom sendmail had said "temporary failure" (75), never hears of it. smtpctl
# shows nothing, only the log has a line at each start, without a reason. Each start tries again: here a message leaves that was
# refused twice, after the limit has been raised. With smtpd running sendmail would have said at once what is wrong.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
limit() {
  printf '%s\n' "smtp max-message-size $1" 'listen on socket' 'action "inbox" maildir' \
    'match from any for domain example.com action "inbox"' >/etc/smtpd.conf
}
start() {
  smtpd -d >>/tmp/log 2>&1 &
  for try in $(seq 50); do smtpctl show status >/dev/null 2>&1 && break; sleep 0.2; done
}
stop() { kill $!; wait $! || true; }
mail() { { printf "Subject: %s\n\n" "$2"; seq "$3"; } | sendmail -f jay@example.com "$1@example.com" 2>/dev/null && code=0 || code=$?; echo "  $2: exit $code"; }
report() {
  for try in $(seq 150); do [ "$(grep -c 'enqueue offline' /tmp/log)" -ge "$2" ] && break; sleep 0.2; done
  sleep 2
  echo "$1: $(ls /var/spool/smtpd/offline | wc -l) kept, $(smtpctl show queue | wc -l) in the queue," \
    "alice has:$(cat /home/alice/Maildir/new/* 2>/dev/null | sed -n 's/^Subject://p' | sort | tr -d '\n'), jay has:$(ls /home/jay/Maildir/new 2>/dev/null)"
}
chown -R jay /home/jay; chown -R alice /home/alice
limit 100K
start; echo 'smtpd runs'
mail bobby unknown 10
mail alice large 40000
stop; echo 'smtpd is stopped'
mail bobby unknown 10
mail alice large 40000
mail alice good 10
start; report 'first start' 2; stop
start; report 'second start' 4; stop
limit 1M
start; report 'larger limit' 5; stop
sed -n 's/.*offline message.*; /in the log: /p' /tmp/log | sort | uniq -c
RUN
)
echo "$seen"
[ "$seen" = 'smtpd runs
  unknown: exit 70
  large: exit 70
smtpd is stopped
  unknown: exit 75
  large: exit 75
  good: exit 75
first start: 2 kept, 0 in the queue, alice has: good, jay has:
second start: 2 kept, 0 in the queue, alice has: good, jay has:
larger limit: 1 kept, 0 in the queue, alice has: good large, jay has:
      5 in the log: smtpctl exited abnormally' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# OpenSMTPD does not forward mail that comes while the user's home is away, not even when the home is back.
#
# One would guess: a .forward that can't be looked for, as its folder is not there (a disk that is not mounted yet, softraid,
# NFS), is a temporary failure, as forward(5) has it for a home with the sticky bit; or the mail waits, and .forward
# applies when it is delivered.
# It is: no home is no .forward. The recipient is accepted and expanded to the local mailbox for good. The message waits for the
# home, and when that is back with its .forward, it is delivered to the Maildir there, in which the user, who reads mail
# elsewhere, does not look. Mail from before and after is forwarded.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
printf '%s\n' 'listen on lo' 'action "inbox" maildir' 'match from any for domain example.com action "inbox"' >/etc/smtpd.conf
echo alice@example.com >/home/jay/.forward
chown -R jay /home/jay; chown alice /home/alice
smtpd -d 2>/tmp/log &
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
count=0
result() {
  count=$((count + 1))
  for try in $(seq 150); do [ "$(grep -c 'mda delivery' /tmp/log)" -ge $count ] && break; sleep 0.2; done
  echo "$1: $(sed -n 's/.*mda delivery.* user=\([^ ]*\).* result=\([^ ]*\).*/\2 for \1/p' /tmp/log | sed -n "${count}p")"
}
send() {
  for line in 'EHLO me' 'MAIL FROM:<bob@example.net>' 'RCPT TO:<jay@example.com>' DATA "Subject: $1" '' text . QUIT; do
    printf '%s\r\n' "$line"; sleep 0.2
  done | nc.openbsd -N 127.0.0.1 25 | sed -n 's/.*\(accepted for delivery\).*/\1/p'
  result "$1"
}
send before
mv /home/jay /home/away
send 'while the home is away'
mv /home/away /home/jay
smtpctl schedule all
result 'the same, when the home is back'
send after
sleep 1
for user in jay alice; do echo "$user has: $(cat /home/$user/Maildir/new/* | sed -n 's/^Subject: //p' | sort | tr '\n' ';')"; done
RUN
)
echo "$seen"
[ "$seen" = 'accepted for delivery
before: Ok for alice
accepted for delivery
while the home is away: TempFail for jay
1 envelope scheduled
the same, when the home is back: Ok for jay
accepted for delivery
after: Ok for alice
jay has: while the home is away;
alice has: after;before;' ] || { echo 'changed' >&2; exit 1; }

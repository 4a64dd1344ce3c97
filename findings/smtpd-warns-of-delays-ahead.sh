#!/bin/sh
# OpenSMTPD warns the sender of a delay that has not happened yet: "delayed for more than 6 minutes" after a few seconds.
#
# One would guess: a warning is sent when a message has been in the queue "for longer than delay" (`bounce warn-interval`,
# smtpd.conf(5)), and the period that it names has passed.
# It is: smtpd warns at the last failure after which the next try would be later than the period. A relayed message is
# tried again after 400 seconds, so a period of up to six minutes is reported at the first failure. Tries come after
# 400 s times 1, 4, 9, 16, 25, 36, so with the default of 4h "more than 4 hours" is sent after 2 h 47 min.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 ca-certificates <<'RUN'
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat /usr/share/ca-certificates/mozilla/*.crt >/etc/ssl/certs/ca-certificates.crt
cat >/etc/smtpd.conf <<'CONF'
listen on lo
bounce warn-interval 6m
action "inbox" maildir
action "relay" relay host smtp://127.0.0.1:2525
match from any for domain example.com action "inbox"
match from any for any action "relay"
CONF
answer() {
  printf '220 busy ESMTP\r\n'
  while read -r line; do
    case $line in
      RCPT*) printf '450 4.2.0 later\r\n' ;;
      QUIT*) printf '221 bye\r\n'; return ;;
      *) printf '250 2.0.0 ok\r\n' ;;
    esac
  done
}
mkfifo /tmp/there
answer </tmp/there | nc.openbsd -l 127.0.0.1 2525 >/tmp/there 2>/dev/null &
smtpd
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
sent=$(date +%s)
for line in 'EHLO me' 'MAIL FROM:<jay@example.com>' 'RCPT TO:<bob@elsewhere.example>' DATA 'Subject: hello' '' text . QUIT
do printf '%s\r\n' "$line"; sleep 0.3; done | nc.openbsd -N 127.0.0.1 25 >/dev/null
for try in $(seq 150); do [ -z "$(ls /home/jay/Maildir/new 2>/dev/null)" ] || break; sleep 0.2; done
grep -A1 'A message' /home/jay/Maildir/new/* | tr -s ' \r\n' ' '; echo
age=$(($(date +%s) - sent))
echo "after $age s" >&2
[ $age -gt 60 ] || echo 'after less than a minute'
echo "tries: $(smtpctl show queue | cut -d'|' -f11)"
RUN
)
echo "$seen"
[ "$seen" = ' A message is delayed for more than 6 minutes for the following list of recipients: 
after less than a minute
tries: 1' ] || { echo 'changed' >&2; exit 1; }

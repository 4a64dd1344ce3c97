#!/bin/sh
# OpenSMTPD changes fields of a message after filter-dkimsign has signed them, so that its own signature fails.
#
# One would guess: a filter of smtpd sees the message as it will be sent, and what it signs on the way in verifies when
# the message is delivered.
# It is: smtpd completes To, Cc and From (`To: root` becomes root@ its own name) and adds a Message-ID behind the filters.
# The signature of every message with such a field, as cron(8) makes them, is wrong from the start, while one with whole
# addresses passes; and a Message-ID that smtpd makes is not signed.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 opensmtpd-filter-dkimsign=0.5-2.1 python3-dkim=1.1.8-2 openssl <<'RUN'
smtpd -h 2>&1 | sed -n 's/^version: \(.*\)/\1, filter-dkimsign 0.5, dkimpy 1.1.8/p' >&2
mkdir -p -m 711 /var/spool/smtpd
echo mimando.lan >/etc/mailname
openssl genrsa -out /key.pem 2048 2>/dev/null
chmod 644 /key.pem
echo "v=DKIM1; p=$(openssl pkey -in /key.pem -pubout -outform der | base64 -w 0)" >/record
cat >/verify.py <<'PY'
import dkim, logging, sys
logging.disable(logging.CRITICAL)
record = open('/record', 'rb').read()
print('pass' if dkim.verify(sys.stdin.buffer.read().replace(b'\n', b'\r\n'), dnsfunc=lambda *a, **k: record) else 'fail')
PY
cat >/etc/smtpd.conf <<'CONF'
filter dkim proc-exec "filter-dkimsign -c relaxed/relaxed -d example.com -s s1 -k /key.pem" user nobody group nogroup
listen on socket filter dkim
action inbox maildir
match for any action inbox
CONF
smtpd
for try in $(seq 50); do smtpctl show status >/dev/null 2>&1 && break; sleep 0.2; done
for to in alice@example.com alice; do
  printf 'From: jay@example.com\nTo: %s\nSubject: x\n\nhello\n' $to | sendmail -f jay@example.com alice
  for try in $(seq 50); do ls /home/alice/Maildir/new/* >/dev/null 2>&1 && break; sleep 0.2; done
  cat /home/alice/Maildir/new/* >/message
  rm -r /home/alice/Maildir
  echo "To: $to, delivered as $(grep ^To: /message): $(python3 /verify.py </message)"
done
echo "signed: $(tr -d '\n\t' </message | sed 's/.* h=\([^;]*\);.*/\1/' | tr : '\n' | sort | tr '\n' ' ')"
RUN
)
echo "$seen"
[ "$seen" = 'To: alice@example.com, delivered as To: alice@example.com: pass
To: alice, delivered as To: alice@mimando.lan: fail
signed: date from subject to ' ] || { echo 'changed' >&2; exit 1; }

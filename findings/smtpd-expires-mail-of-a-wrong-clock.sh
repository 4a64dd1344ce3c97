#!/bin/sh
# OpenSMTPD returns mail as expired after some seconds if it was sent before the clock was set, as at the boot of a host.
#
# One would guess: a message may wait for the ttl of the queue (four days), whatever the clock says when it comes: a host
# without a battery for its clock boots with the date of its disk, and ntpd(8) sets it half a minute later.
# It is: creation, ttl and retries are times of the clock. A message that cron or rc sent before it was set, and whose first
# attempt failed because the network was not up either, is years old then: the sender gets "Envelope expired" at the moment
# the clock is set, although the next try was due in minutes. Mail that is sent a second later waits as it should.
# The clock is that of libfaketime; nothing of this machine changes. Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 libfaketime=0.9.10+2024-06-05+gba9ed5b2-0.6 ca-certificates mawk <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat /usr/share/ca-certificates/mozilla/*.crt >/etc/ssl/certs/ca-certificates.crt
cat >/etc/smtpd.conf <<'CONF'
listen on socket
action "inbox" maildir
action "relay" relay host smtp://127.0.0.1:2525
match from any for local action "inbox"
match from local for any action "relay"
CONF
chown jay /home/jay
# smtpd's processes look for it in their own roots.
clock() { for root in '' /var/spool/smtpd /var/lib/opensmtpd/empty; do echo "$1" >$root/clock; done; }
clock '@2016-01-01 00:00:00'
export FAKETIME_TIMESTAMP_FILE=/clock FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1
export LD_PRELOAD="$(ls /usr/lib/*/faketime/libfaketime.so.1)"
smtpd -d 2>/tmp/log &
for try in $(seq 50); do smtpctl show status >/dev/null 2>&1 && break; sleep 0.2; done
echo 'Subject: booted' | sendmail -f jay bob@elsewhere.example
for try in $(seq 150); do grep -q 'mta delivery' /tmp/log && break; sleep 0.2; done
smtpctl show queue | mawk -F'|' '{ print $12, "next try in less than", ($13 <= 400 ? "seven minutes" : $13), $14 }'
clock '+0'
echo 'Subject: after the clock was set' | sendmail -f jay bob@elsewhere.example
for try in $(seq 200); do ls /home/jay/Maildir/new/* >/dev/null 2>&1 && break; sleep 0.2; done
grep -h '^bob' /home/jay/Maildir/new/*
sed -n 's/.*Expire for .*stat=/smtpd: /p' /tmp/log
for try in $(seq 100); do smtpctl show queue | grep -q pending && break; sleep 0.2; done
echo "waiting: $(smtpctl show queue | cut -d'|' -f 12,14)"
RUN
)
echo "$seen"
[ "$seen" = 'pending next try in less than seven minutes Network error on destination MXs
bob@elsewhere.example: Envelope expired
smtpd: Envelope expired
waiting: pending|Network error on destination MXs' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# sendmail of OpenSMTPD takes the envelope's sender from the From field, and makes an address of a name given with -F.
#
# One would guess, from sendmail(8) of others: without -f the envelope's sender is the user who runs it, whatever the
# message says, so bounces come back to him; and the full name of -F is quoted where RFC 5322 wants it quoted.
# It is: `From: Alice <alice@internet.example>` is enough to send in the name of internet.example, where SPF does not know
# this host, and reports of failures go there. `-F "Ex, Jay"` writes the name as it is; what stands before the comma then
# counts as an address and gets the host's name.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 util-linux <<'RUN'
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
echo mimando.lan >/etc/mailname
printf '%s\n' 'listen on socket' 'action "inbox" maildir' 'match for any action "inbox"' >/etc/smtpd.conf
smtpd
for try in $(seq 50); do smtpctl show status >/dev/null 2>&1 && break; sleep 0.2; done
as_jay() { setpriv --reuid=1000 --regid=1000 --clear-groups "$@"; }
show() {
  for try in $(seq 50); do ls /home/alice/Maildir/new/* >/dev/null 2>&1 && break; sleep 0.2; done
  echo "$1:"
  grep -E '^(Return-Path|From):' /home/alice/Maildir/new/*
  rm -r /home/alice/Maildir
}
printf 'Subject: x\n\nhello\n' | as_jay sendmail alice
show 'no From, no -f'
printf 'From: Alice <alice@internet.example>\n\nhello\n' | as_jay sendmail alice
show 'From, no -f'
printf 'Subject: x\n\nhello\n' | as_jay sendmail -f jay@example.com -F 'Ex, Jay' alice
show '-F "Ex, Jay"'
RUN
)
echo "$seen"
[ "$seen" = 'no From, no -f:
Return-Path: <jay@mimando.lan>
From:  <jay@mimando.lan>
From, no -f:
Return-Path: <alice@internet.example>
From: Alice <alice@internet.example>
-F "Ex, Jay":
Return-Path: <jay@example.com>
From: Ex@mimando.lan, Jay <jay@example.com>' ] || { echo 'changed' >&2; exit 1; }

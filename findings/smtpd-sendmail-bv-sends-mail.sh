#!/bin/sh
# `sendmail -bv jay`, which with other mail servers only verifies the address, sends jay a message with OpenSMTPD.
#
# One would guess: the modes of sendmail(8) (`-bv` verifies, `-bp` lists the queue, `-bs` speaks SMTP, `-bt` tests, `-bd` is the
# daemon, `-q` runs the queue) work, or are refused as unknown options (`-n` and `-d0` are): "various other flags are
# accepted, but have no effect" (sendmail(8) of OpenSMTPD) is true of what does not matter.
# It is: of `-b` only `-bi` is a mode (newaliases), the rest is ignored together with what it asks for. What is left is "send
# standard input to these recipients": `-bv` submits a message without fields and text, exit 0, for a user and for an
# address elsewhere, 70 for one that smtpd refuses; `-bp` and `-bs` wait for the end of the input and say "no recipients".
# `-q` ends with 70, silently.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat >/etc/smtpd.conf <<'CONF'
listen on socket
table all { "@" = alice }
action "inbox" maildir
action "elsewhere" maildir virtual <all>
match from any for local action "inbox"
match from any for any action "elsewhere"
CONF
chown jay /home/jay
chown alice /home/alice
smtpd -d 2>/tmp/log &
for try in $(seq 50); do smtpctl show status >/dev/null 2>&1 && break; sleep 0.2; done
for words in '-bv jay' '-bv bob@elsewhere.example' '-bv nosuch' '-bp' '-bs' '-bt' '-bd -q30m' '-q' '-n jay'; do
  said=$(sendmail $words </dev/null 2>&1 && echo 'exit 0' || echo "exit $?")
  echo "sendmail $words:" $(echo "$said" | grep -v '^usage' | sed "s/@[^>]*>/@…>/; s/'//g")
done
for try in $(seq 100); do [ "$(grep -c 'result=Ok' /tmp/log)" -ge 2 ] && break; sleep 0.2; done
echo "delivered: to jay $(ls /home/jay/Maildir/new | wc -l), to bob@elsewhere.example $(ls /home/alice/Maildir/new | wc -l)"
echo "fields: $(sed -n 's/^\([A-Z][A-Za-z-]*\):.*/\1/p' /home/jay/Maildir/new/* | tr '\n' ' ')and then" \
  "$(sed '1,/^$/d' /home/jay/Maildir/new/* | wc -l) lines"
RUN
)
echo "$seen"
[ "$seen" = 'sendmail -bv jay: exit 0
sendmail -bv bob@elsewhere.example: exit 0
sendmail -bv nosuch: sendmail: command failed: 550 Invalid recipient: <nosuch@…> exit 70
sendmail -bp: sendmail: no recipients exit 70
sendmail -bs: sendmail: no recipients exit 70
sendmail -bt: sendmail: no recipients exit 70
sendmail -bd -q30m: exit 70
sendmail -q: exit 70
sendmail -n jay: sendmail: invalid option -- n exit 1
delivered: to jay 1, to bob@elsewhere.example 1
fields: Return-Path Delivered-To Received From Date Message-ID and then 0 lines' ] || { echo 'changed' >&2; exit 1; }

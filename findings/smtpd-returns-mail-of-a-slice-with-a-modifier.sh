#!/bin/sh
# OpenSMTPD returns every mail of an action whose path has a part of a name with a modifier, as in `%{dest.user[0]:lowercase}`.
#
# One would guess: "expansion formats also support partial expansion using the optional bracket notations", and "in addition,
# modifiers may be applied to the token" (smtpd.conf(5), FORMAT SPECIFIERS), so /home/mail/%{dest.user[0]:lowercase}/ is
# the usual folder for names that begin with one letter, in any case. If the two do not go together, `smtpd -n` says so.
# It is: either of them works alone. With both the configuration is OK, mail is accepted with 250, and each message is
# returned at once as undeliverable: "mda command line could not be expanded". The order `:lowercase[0]` is no better.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat >/etc/smtpd.conf <<'CONF'
listen on lo
table all { "@" = jay }
action "slice" maildir "/home/jay/slice/%{rcpt.user[0]}" virtual <all>
action "modifier" maildir "/home/jay/modifier/%{rcpt.user:lowercase}" virtual <all>
action "both" maildir "/home/jay/both/%{rcpt.user[0]:lowercase}" virtual <all>
action "turned" maildir "/home/jay/turned/%{rcpt.user:lowercase[0]}" virtual <all>
action "inbox" maildir "/home/jay/inbox" virtual <all>
match from any for domain slice.example action "slice"
match from any for domain modifier.example action "modifier"
match from any for domain both.example action "both"
match from any for domain turned.example action "turned"
match from any for domain example.org action "inbox"
CONF
chown -R jay /home/jay
smtpd -n 2>&1
smtpd -d 2>/tmp/log &
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
for line in 'EHLO me' 'MAIL FROM:<eve@example.org>' 'RCPT TO:<Bob@slice.example>' 'RCPT TO:<Bob@modifier.example>' \
  'RCPT TO:<Bob@both.example>' 'RCPT TO:<Bob@turned.example>' DATA 'Subject: hello' '' text . QUIT; do printf '%s\r\n' "$line"; sleep 0.3; done |
  nc.openbsd -N 127.0.0.1 25 | tr -d '\r' | sed -n '/Recipient ok/s/:.*/: accepted/p'
for try in $(seq 100); do [ "$(grep -c 'mda delivery' /tmp/log)" -ge 5 ] && break; sleep 0.2; done
sed -n 's/.*mda delivery.*rcpt=<\([^>]*\)>.* result=/\1: /p' /tmp/log | sort
find /home/jay -path '*/new/*' | sed 's,/new/.*,,' | sort
RUN
)
echo "$seen"
[ "$seen" = 'configuration OK
250 2.1.5 Destination address valid: accepted
250 2.1.5 Destination address valid: accepted
250 2.1.5 Destination address valid: accepted
250 2.1.5 Destination address valid: accepted
Bob@both.example: PermFail stat=Error ("smtpd: mda command line could not be expanded")
Bob@modifier.example: Ok stat=Delivered
Bob@slice.example: Ok stat=Delivered
Bob@turned.example: PermFail stat=Error ("smtpd: mda command line could not be expanded")
eve@example.org: Ok stat=Delivered
/home/jay/inbox
/home/jay/modifier/bob
/home/jay/slice/B' ] || { echo 'changed' >&2; exit 1; }

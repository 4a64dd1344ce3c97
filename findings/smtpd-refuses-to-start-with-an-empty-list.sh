#!/bin/sh
# OpenSMTPD accepts an emptied list from `smtpctl update table` and refuses to start with the same file.
#
# One would guess: a list in a file (domains, addresses, senders) can become empty, as a blocklist does, and what
# `smtpctl update table` accepts with "command succeeded" is a file with which smtpd starts again.
# It is: whether a file is a list or a mapping is seen from its first entry, and a file without one counts as a mapping,
# which a `match` rule must not use. The running smtpd keeps its old idea. So the last entry can be removed, and
# after the next reboot no mail server runs. A comment after an entry is worse: in the first entry it makes the file
# a mapping, in any other it becomes part of the entry, `smtpd -n` says "configuration OK", and mail for
# the domain is refused with 550. A first line `# @list` (table(5)) helps with an empty file only.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat >/etc/smtpd.conf <<'CONF'
listen on lo
table domains file:/etc/domains
action "inbox" maildir
match from any for domain <domains> action "inbox"
CONF
ask() {
  for line in 'EHLO me' 'MAIL FROM:<>' 'RCPT TO:<jay@b.example>' QUIT; do printf '%s\r\n' "$line"; sleep 0.5; done |
    nc.openbsd -N 127.0.0.1 25 | grep -oi '^[25].*recipient'
}
show() {
  echo "$1: smtpctl update table: $(smtpctl update table domains 2>&1); $(ask)"
  smtpd -n 2>&1 | sed -n 's/^\/etc/  smtpd -n: &/p; s/^config/  smtpd -n: &/p'
}
printf '%s\n' a.example b.example >/etc/domains
smtpd
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
show 'two entries'
printf '%s\n' '# none' >/etc/domains
show 'no entry'
printf '%s\n' '# @list' >/etc/domains
show 'no entry, marked as a list'
printf '%s\n' 'b.example # note' a.example >/etc/domains
show 'a comment after the first'
printf '%s\n' a.example 'b.example # note' >/etc/domains
show 'a comment after the second'
RUN
)
echo "$seen"
[ "$seen" = "two entries: smtpctl update table: command succeeded; 250 2.1.5 Destination address valid: Recipient
  smtpd -n: configuration OK
no entry: smtpctl update table: command succeeded; 550 Invalid recipient
  smtpd -n: /etc/smtpd.conf:4: table \"domains\" may not be used for 'for' lookups
no entry, marked as a list: smtpctl update table: command succeeded; 550 Invalid recipient
  smtpd -n: configuration OK
a comment after the first: smtpctl update table: command succeeded; 550 Invalid recipient
  smtpd -n: /etc/domains:2 invalid map entry
  smtpd -n: /etc/smtpd.conf:2: invalid configuration file /etc/domains for table domains
  smtpd -n: /etc/smtpd.conf:4: table \"domains\" may not be used for 'for' lookups
a comment after the second: smtpctl update table: command succeeded; 550 Invalid recipient
  smtpd -n: configuration OK" ] || { echo 'changed' >&2; exit 1; }

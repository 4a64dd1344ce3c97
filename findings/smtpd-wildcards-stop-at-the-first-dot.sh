#!/bin/sh
# OpenSMTPD finds lists.eu.example.net not in `*.example.net`, and a-b-mx.example.org not in `*-mx.example.org`.
#
# One would guess: `*` stands for any text, as in sh(1), known_hosts and the DNS, where *.example.net is every name below
# example.net, of whatever depth (RFC 4592): table(5) has "a wildcard may be used" and `*.example.org` without a limit.
# It is: `*` reaches to the first place of the character that follows it in the pattern, and no further. Behind `*.` comes the
# first dot, so names two levels below do not match, and behind `*-` the first hyphen. Mail for them is refused with "550
# Invalid recipient", or falls to a later rule, as one for relaying; the same holds for HELO names, rdns and senders.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
printf '%s\n' '*.example.net' '*-mx.example.org' '*mail.example.com' >/etc/domains
cat >/etc/smtpd.conf <<'CONF'
table domains file:/etc/domains
table everybody { "@" = jay }
listen on lo
action "inbox" maildir virtual <everybody>
match from any for domain <domains> action "inbox"
CONF
smtpd
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
names='lists.example.net lists.eu.example.net a-mx.example.org a-b-mx.example.org webmail.example.com mmail.example.com'
{
  for line in 'EHLO me' 'MAIL FROM:<eve@example.org>'; do printf '%s\r\n' "$line"; sleep 0.3; done
  for name in $names; do printf 'RCPT TO:<jay@%s>\r\n' $name; sleep 0.3; done
  printf 'QUIT\r\n'
} | nc.openbsd -N 127.0.0.1 25 | tr -d '\r' | grep '^[25]50 .*ecipient' | sed 's/: .*//' >/tmp/answers
for name in $names; do
  echo "$name: $(sed -n '1s/ .*//p' /tmp/answers)"
  sed -i 1d /tmp/answers
done
RUN
)
echo "$seen"
[ "$seen" = 'lists.example.net: 250
lists.eu.example.net: 550
a-mx.example.org: 250
a-b-mx.example.org: 550
webmail.example.com: 250
mmail.example.com: 550' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# OpenSMTPD refuses mail for a virtual address that expands to itself and a second address; as an alias it works.
#
# One would guess: `info@example.org info@example.org, archive@example.org` delivers to both, as in virtual(5) of Postfix,
# where it is how an address keeps its mail and gets a copy; `jay: jay, alice` of aliases(5) is delivered to both, too. Or
# `smtpd -n` and `smtpctl update table` refuse the line.
# It is: both accept it, and each sender gets "524 5.2.4 Mailing list expansion problem", which is permanent: nothing
# reaches either of them. So it is for two lists that contain each other. In a table of aliases the same form is
# delivered to both.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 perl <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat >/etc/virtuals <<'TABLE'
plain@example.org	alice
info@example.org	info@example.org, archive@example.org
team@example.org	jay, board@example.org
board@example.org	alice, team@example.org
archive@example.org	alice
TABLE
echo 'jay: jay, alice' >/etc/aliases
cat >/etc/smtpd.conf <<'CONF'
listen on lo
table virtuals file:/etc/virtuals
table aliases file:/etc/aliases
action "virtual" mda "exit 75" virtual <virtuals>
action "alias" mda "exit 75" alias <aliases>
match from any for domain "example.org" action "virtual"
match from any for domain "mimando.lan" action "alias"
CONF
smtpd -n 2>&1
smtpd
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
smtpctl update table virtuals
for to in plain@example.org info@example.org team@example.org jay@mimando.lan; do
  said=$(for line in 'EHLO me' 'MAIL FROM:<a@example.net>' "RCPT TO:<$to>" DATA 'Subject: hello' '' text .; do
    printf '%s\r\n' "$line"; sleep 0.3
    [ "$line" != "RCPT TO:<$to>" ] || case $to in info*|team*) break;; esac
  done | nc.openbsd -N 127.0.0.1 25 | grep -e '^250 2.0.0 .* Message' -e '^5' | sed 's/[0-9a-f]\{8\} Message/ID Message/' | tr -d '\r')
  sleep 1
  echo "$to: $said; queued: $(smtpctl show queue | grep -c '|')"
  smtpctl remove all >/dev/null
done
RUN
)
echo "$seen"
[ "$seen" = 'configuration OK
command succeeded
plain@example.org: 250 2.0.0 ID Message accepted for delivery; queued: 1
info@example.org: 524 5.2.4 Mailing list expansion problem: <info@example.org>; queued: 0
team@example.org: 524 5.2.4 Mailing list expansion problem: <team@example.org>; queued: 0
jay@mimando.lan: 250 2.0.0 ID Message accepted for delivery; queued: 2' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# OpenSMTPD refuses all mail for an alias if one of its members no longer has an account or may not read mail.
#
# One would guess: an alias is "an arbitrary name" for "a group of email addresses", and "email to that alias would be sent to
# all members of the group" (aliases(5)): when one of three accounts is removed, the others still get their mail and the
# sender hears of the one. Or `smtpd -n`, which reads the table, names the member that does not exist.
# It is: the recipient is refused with "550 Invalid recipient", and with 524 if a member's home is writable for a group, as
# its .forward is then not to be trusted (forward(5)). Nobody gets anything, neither of them is named, and `smtpd -n` says
# "configuration OK". From the day one of two admins leaves, mail of cron for root, whose alias they are, is refused as well.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
echo bob:x:1002:1002::/home/bob:/bin/sh >>/etc/passwd
mkdir /home/bob; echo bob >/home/bob/.forward; chown -R 1002 /home/bob
printf '%s\n' 'staff: jay, alice, bob' 'root: jay, bob' >/etc/aliases
printf '%s\n' 'listen on lo' 'table aliases file:/etc/aliases' 'action "inbox" maildir alias <aliases>' \
  'match from any for local action "inbox"' 'match from any for domain example.com action "inbox"' >/etc/smtpd.conf
smtpd
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
show() {
  echo "$1: $(smtpd -n 2>&1)"
  for line in 'EHLO me' 'MAIL FROM:<eve@example.net>' 'RCPT TO:<staff@example.com>' DATA 'Subject: hello' '' text . QUIT; do
    printf '%s\r\n' "$line"; sleep 0.3
  done | nc.openbsd -N 127.0.0.1 25 | tr -d '\r' | sed -n '/staff\|Recipient ok/s/^/  staff: /p' | sed 's/: <.*//'
  for try in $(seq 50); do [ -z "$(smtpctl show queue)" ] && break; sleep 0.2; done
  printf 'Subject: cron\n\ntext\n' | sendmail -f root root 2>&1 | sed '/^$/d; s/: <.*//; s/^/  /' || :
  for try in $(seq 50); do [ -z "$(smtpctl show queue)" ] && break; sleep 0.2; done
  sleep 1
  echo "  messages: jay $(ls /home/jay/Maildir/new | wc -l), alice $(ls /home/alice/Maildir/new | wc -l)"
}
show 'three accounts'
chmod 775 /home/bob
show 'the home of bob is writable for his group'
sed -i /^bob/d /etc/passwd; rm -r /home/bob
show 'bob is gone'
RUN
)
echo "$seen"
[ "$seen" = 'three accounts: configuration OK
  staff: 250 2.1.5 Destination address valid: Recipient ok
  messages: jay 2, alice 1
the home of bob is writable for his group: configuration OK
  staff: 524 5.2.4 Mailing list expansion problem
  sendmail: command failed: 524 5.2.4 Mailing list expansion problem
  messages: jay 2, alice 1
bob is gone: configuration OK
  staff: 550 Invalid recipient
  sendmail: command failed: 550 Invalid recipient
  messages: jay 2, alice 1' ] || { echo 'changed' >&2; exit 1; }

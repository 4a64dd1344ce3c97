#!/bin/sh
# newaliases of OpenSMTPD says "2 aliases", with exit 0, and smtpd keeps the old ones, if its table is not called "aliases".
#
# One would guess: newaliases(8) makes the changes of the aliases file known to smtpd, whatever name smtpd.conf(5) has for the
# table that reads this file; or else it says that it could not.
# It is: it writes aliases.db, which a table `file:` does not read, and then tells smtpd to update the table of the name
# "aliases". Under another name mail still goes to whom the file no longer names, and new aliases are unknown users, until
# `smtpctl update table` or a restart. The name of a table has no meaning anywhere else.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
chown -R jay /home/jay; chown -R alice /home/alice
for name in aliases users; do
  printf '%s\n' 'listen on socket' "table $name file:/etc/aliases" "action \"inbox\" maildir alias <$name>" \
    'match for any action "inbox"' >/etc/smtpd.conf
  echo 'noc: jay' >/etc/aliases
  smtpd -d 2>/tmp/log &
  for try in $(seq 50); do smtpctl show status >/dev/null 2>&1 && break; sleep 0.2; done
  printf '%s\n' 'noc: alice' 'abuse: alice' >/etc/aliases
  echo "table $name: newaliases exit $(newaliases >/tmp/said && echo $?), $(cat /tmp/said)"
  for to in noc abuse; do echo text | sendmail -f bob@example.net "$to@example.com" 2>/dev/null || echo "  $to: exit $?"; done
  for try in $(seq 25); do [ "$(grep -c 'mda delivery' /tmp/log)" -ge 2 ] && break; sleep 0.2; done
  sed -n 's/.*mda delivery.*rcpt=<\([^@]*\).*user=\([^ ]*\).*/  \1: to \2/p' /tmp/log | sort
  kill $!
  wait $! || :
done
RUN
)
echo "$seen"
[ "$seen" = 'table aliases: newaliases exit 0, /etc/aliases: 2 aliases
  abuse: to alice
  noc: to alice
table users: newaliases exit 0, /etc/aliases: 2 aliases
  abuse: exit 70
  noc: to jay' ] || { echo 'changed' >&2; exit 1; }

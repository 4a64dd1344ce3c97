#!/bin/sh
# OpenSMTPD refuses all mail that a filter is to rewrite to an address, unless the address is in angle brackets.
#
# One would guess: `filter "moved" phase rcpt-to match rcpt-to { "old@example.com" } rewrite "new@example.com"` sends mail for
# old to new. The address before it in the same line, those of tables and of `relay mail-from` have no brackets, and "the command
# parameter is rewritten with value" (smtpd.conf(5), MAIL FILTERING) names none.
# It is: the value takes the place of all that stands behind "RCPT TO:", so it needs "<new@example.com>". Without them `smtpd
# -n` says "configuration OK", and each such mail gets "501 Recipient address syntax error" or "553 Sender address syntax
# error", which are permanent and blame the sender, for an address that is valid.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat >/etc/smtpd.conf <<'CONF'
filter "recipient" phase rcpt-to match rcpt-to { "old@example.com" } rewrite "alice@example.com"
filter "sender" phase mail-from match mail-from { "old@example.com" } rewrite "alice@example.com"
filter "brackets" phase rcpt-to match rcpt-to { "old@example.com" } rewrite "<alice@example.com>"
listen on lo port 2001 filter "recipient"
listen on lo port 2002 filter "sender"
listen on lo port 2003 filter "brackets"
action "inbox" maildir
match from any for domain example.com action "inbox"
CONF
smtpd -n 2>&1
smtpd
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 2003 2>/dev/null && break; sleep 0.2; done
talk() {
  echo "$2"
  for line in 'EHLO me' "MAIL FROM:<$3@example.com>" QUIT; do
    printf '%s\r\n' "$line"; sleep 0.3
    case $line in MAIL*) [ "$3" = old ] || { printf 'RCPT TO:<old@example.com>\r\n'; sleep 0.5; } ;; esac
  done | nc.openbsd -N 127.0.0.1 "$1" | tr -d '\r' | sed '1,/HELP/d; /^221/d; s/^/  /'
}
talk 2001 'recipient, to alice@example.com' jay
talk 2002 'sender, to alice@example.com' old
talk 2003 'recipient, to <alice@example.com>' jay
RUN
)
echo "$seen"
[ "$seen" = 'configuration OK
recipient, to alice@example.com
  250 2.0.0 Ok
  501 5.1.3 Recipient address syntax error
sender, to alice@example.com
  553 5.1.0 Sender address syntax error
recipient, to <alice@example.com>
  250 2.0.0 Ok
  250 2.1.5 Destination address valid: Recipient ok' ] || { echo 'changed' >&2; exit 1; }

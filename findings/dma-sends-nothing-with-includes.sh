#!/bin/sh
# dma sends no mail at all, not even to other hosts, if /etc/aliases has a line with `:include:` or a command with an argument.
#
# One would guess: an alias that dma can't use concerns mail for that alias. /etc/aliases is the system's file: other mail
# servers, sudo and cron share it, and the lines came with the server that was there before (aliases(5)). Mail for another
# host needs no alias, and for root there is a line that dma understands.
# It is: such a line makes the whole file a "syntax error" (with "Success" in the same message); each call of sendmail ends with
# 70 and nothing is queued, also not the mail of cron for root and that for bob@example.net. A command without an argument
# is no error. If a member of an alias has no account, mail for the alias is refused for the others, too.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 dma=0.13-1+b2 <<'RUN'
export LC_ALL=C
chown root:mail /var/spool/dma; chmod 2775 /var/spool/dma
echo mimando.lan >/etc/mailname
mkdir -p /etc/dma
printf '%s\n' 'SMARTHOST 127.0.0.1' 'MAILNAME /etc/mailname' DEFER >/etc/dma/dma.conf
try() {
  echo "$1"
  printf 'root: jay@example.com\n%s\n' "$1" >/etc/aliases
  shift
  for to in "$@"; do
    code=0
    printf 'Subject: hello\n\ntext\n' | dma -f jay@example.com "$to" 2>/tmp/said || code=$?
    echo "  to $to: exit $code; queued: $(sed -n 's/^Recipient: //p' /var/spool/dma/Q* 2>/dev/null | sort | tr '\n' ' ')"
    tr -d "\`'" </tmp/said | sed 's/^/    /'
    rm -f /var/spool/dma/[QM]*
  done
}
try 'staff: alice@example.com, bob@example.com' root bob@example.net staff
try 'list: "|/usr/bin/list"' root bob@example.net
try 'list: "|/usr/bin/list jay"' root bob@example.net
try 'list: :include:/etc/list' root bob@example.net
try 'staff: alice@example.com, left' staff
RUN
)
echo 'dma 0.13 (Debian 13)'
echo "$seen"
[ "$seen" = 'staff: alice@example.com, bob@example.com
  to root: exit 0; queued: jay@example.com 
  to bob@example.net: exit 0; queued: bob@example.net 
  to staff: exit 0; queued: alice@example.com bob@example.com 
list: "|/usr/bin/list"
  to root: exit 0; queued: jay@example.com 
  to bob@example.net: exit 0; queued: bob@example.net 
list: "|/usr/bin/list jay"
  to root: exit 70; queued: 
    aliases line 1: syntax error
    dma: could not parse aliases file /etc/aliases: Success
  to bob@example.net: exit 70; queued: 
    aliases line 1: syntax error
    dma: could not parse aliases file /etc/aliases: Success
list: :include:/etc/list
  to root: exit 70; queued: 
    aliases line 1: syntax error
    dma: could not parse aliases file /etc/aliases: Success
  to bob@example.net: exit 70; queued: 
    aliases line 1: syntax error
    dma: could not parse aliases file /etc/aliases: Success
staff: alice@example.com, left
  to staff: exit 65; queued: 
    dma: invalid recipient staff' ] || { echo 'changed' >&2; exit 1; }

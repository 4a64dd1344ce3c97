#!/bin/sh
# OpenSMTPD silently leaves members of a list out whose file, named by `:include:`, has comments or another include.
#
# One would guess: `#` starts a comment in the included file, because "the format of the file is identical to this one"
# (aliases(5)), where "anything placed after it is discarded"; an include within an include works, as in sendmail's
# aliases. What can't be read makes an error, as it does in the aliases file itself.
# It is: in an included file `#` at the end of a line joins it with the next one, as a backslash does elsewhere. The member
# below a rule of `#####` is therefore part of a comment. A member with a comment after it is left out, and so are all
# members of an include within it. The message is accepted, the other members get it, nothing is logged or bounced.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
echo carol:x:1002:1002::/home/carol:/bin/sh >>/etc/passwd
mkdir -m 1777 /home/mail; mkdir /home/carol; chown 1002 /home/carol
printf '%s\n' jay alice carol >/etc/plain
printf '%s\n' '# staff' jay alice carol >/etc/comment
printf '%s\n' jay 'alice # on leave' carol >/etc/behind
printf '%s\n' '#####' '# staff' '#####' jay alice carol >/etc/ruled
printf '%s\n' carol :include:/etc/plain >/etc/nested
lists='plain comment behind ruled nested'
for list in $lists; do echo "$list: :include:/etc/$list"; done >/etc/aliases
cat >/etc/smtpd.conf <<'CONF'
listen on lo
table aliases file:/etc/aliases
action "inbox" maildir "/home/mail/%{user.username}" alias <aliases>
match from any for any action "inbox"
CONF
smtpd -n 2>&1
smtpd -d 2>/tmp/log &
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
for list in $lists; do
  for line in 'EHLO me' 'MAIL FROM:<>' "RCPT TO:<$list@example.com>" DATA "Subject: $list" '' text . QUIT; do
    printf '%s\r\n' "$line"; sleep 0.3
  done | nc.openbsd -N 127.0.0.1 25 >/dev/null
done
for try in $(seq 100); do [ -z "$(smtpctl show queue)" ] && break; sleep 0.2; done
for list in $lists; do echo "$list:" $(grep -lr "^Subject: $list" /home/mail | cut -d/ -f4 | sort); done
echo "warnings and failures in the log: $(grep -v purge_task /tmp/log | grep -cE 'warn|Fail|parse|failed')"
RUN
)
echo "$seen"
[ "$seen" = 'configuration OK
plain: alice carol jay
comment: alice carol jay
behind: carol jay
ruled: alice carol
nested: carol
warnings and failures in the log: 0' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# dma and esmtp turn the empty sender of an automatic reply into `<<>@host>` and `<<>>`, which servers refuse.
#
# One would guess: `sendmail -f '<>'` is how a program sends a message that nobody is to answer (RFC 3834, 4; RFC 5321, 4.5.5), and
# what takes the place of sendmail takes it. Pigeonhole (Dovecot) sends the replies of
# vacation and reject in this way.
# It is: the two put the word into angle brackets as it is, dma with the host's name behind it, and OpenSMTPD answers 553, for good.
# dma exits with 0: Pigeonhole logs "sent vacation response", writes to this sender no more for a week, and the message is gone,
# since dma's report of the failure would go to the same sender. With esmtp Pigeonhole at least logs an error. An empty word, `-f ''`,
# helps with esmtp; dma makes `<@host>` of it. msmtp sends MAIL FROM:<> for both. A test with any sender shows nothing.
# Needs root, for folder trees of its own.
set -eu
here=$(dirname "$0")
work=$(mktemp)
trap 'rm -f "$work"' EXIT
cat >"$work" <<'RUN'
export LC_ALL=C HOME=/home/jay
printf '%s\n' dovecot:x:105:105::/nonexistent:/bin/sh dovenull:x:106:106::/nonexistent:/bin/sh >>/etc/passwd
printf '%s\n' dovecot:x:105: dovenull:x:106: >>/etc/group
mkdir -p /etc/dovecot /etc/dma
[ ! -d /var/spool/dma ] || { chown root:mail /var/spool/dma; chmod 2775 /var/spool/dma; }
[ ! -e /usr/sbin/dma ] || { chown root:mail /usr/sbin/dma; chmod 2755 /usr/sbin/dma; }
echo mimando.lan >/etc/mailname
printf '%s\n' 'SMARTHOST 127.0.0.1' 'MAILNAME /etc/mailname' >/etc/dma/dma.conf
printf '%s\n' 'account default' 'host 127.0.0.1' 'tls off' >/etc/msmtprc
printf '%s\n' 'hostname=127.0.0.1:25' >/etc/esmtprc
cat >/etc/dovecot/dovecot.conf <<CONF
dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
mail_driver = maildir
mail_home = /home/jay
mail_path = ~/Maildir
mail_uid = 1000
mail_gid = 1000
sendmail_path = $sendmail
postmaster_address = postmaster@example.com
log_path = /tmp/log
protocol lda {
  mail_plugins {
    sieve = yes
  }
}
sieve_script personal {
  path = ~/.dovecot.sieve
}
CONF
echo 'require "vacation"; vacation "away";' >/home/jay/.dovecot.sieve
: >/tmp/log
: >/tmp/heard
chmod 666 /tmp/log
chown -R jay /home/jay
# Refuses what OpenSMTPD refuses, see below.
answer() {
  printf '220 relay\r\n'
  while read -r line; do
    line=${line%?}
    case $line in
      'MAIL FROM:<<'* | 'MAIL FROM:<@'*) echo "$line, refused" >>/tmp/heard; printf '553 5.1.0 Sender address syntax error\r\n' ;;
      MAIL*) echo "$line" >>/tmp/heard; printf '250 ok\r\n' ;;
      DATA) printf '354 go on\r\n'; while read -r line; do case $line in .?) break ;; esac; done; printf '250 ok\r\n' ;;
      QUIT) printf '221 bye\r\n'; return ;;
      *) printf '250 ok\r\n' ;;
    esac
  done
}
mkfifo /tmp/there
(while :; do answer </tmp/there | nc.openbsd -l 127.0.0.1 25 >/tmp/there 2>/dev/null; done) &
sleep 0.3
# dma sends in the background.
heard() {
  for try in $(seq 30); do [ -s /tmp/heard ] && break; sleep 0.2; done
  sleep 1
  sed 's/^/    /' /tmp/heard | sort -u
  : >/tmp/heard
}
echo "$sendmail"
for sender in jay@example.com '<>' ''; do
  printf 'Subject: hello\n\ntext\n' | $sendmail -f "$sender" bob@example.net >/tmp/said 2>&1 && code=0 || code=$?
  echo "  -f '$sender': exit $code"
  heard
done
printf '%s\n' 'Subject: hi' 'Message-ID: <1@internet.example>' 'From: bob@example.net' 'To: jay@example.com' '' text |
  chroot --userspec=1000:1000 / /usr/lib/dovecot/dovecot-lda -f bob@example.net -a jay@example.com 2>/dev/null && code=0 || code=$?
echo "  vacation of Pigeonhole: exit $code"
heard
sed -n 's/.*\(vacation action: .*\)/    log: \1/p' /tmp/log
[ ! -d /var/spool/dma ] || echo "    left in the queue: $(ls /var/spool/dma | wc -l)"
RUN
# The sendmail, the packages.
with() {
  sendmail=$1
  shift
  { echo "sendmail=$sendmail"; cat "$work"; } | "$here"/in-debian-13 dovecot-sieve=1:2.4.1+dfsg1-6+deb13u7 netcat-openbsd=1.229-1 "$@"
}
# What a server says to senders.
refused() {
  "$here"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 <<'ASK'
mkdir -p -m 711 /var/spool/smtpd
printf '%s\n' 'listen on lo port 2525' 'action "keep" maildir' 'match from any for local action "keep"' >/etc/smtpd.conf
smtpd -d 2>/dev/null &
for try in $(seq 50); do smtpctl show status >/dev/null 2>&1 && break; sleep 0.2; done
echo "OpenSMTPD"
for sender in '<>' '<<>>' '<<>@mimando.lan>' '<@mimando.lan>'; do
  answer=$({ sleep 0.5; printf 'EHLO mimando.lan\r\n'; sleep 0.3; printf 'MAIL FROM:%s\r\n' "$sender"; sleep 0.3; printf 'QUIT\r\n'; sleep 0.3; } |
    nc.openbsd 127.0.0.1 2525 | sed -n '/HELP/{n;s/.$//;p;}')
  echo "  MAIL FROM:$sender: $answer"
done
ASK
}
seen=$(with /usr/sbin/dma dma=0.13-1+b2; with /usr/bin/esmtp esmtp=1.2-19; with /usr/bin/msmtp msmtp=1.8.28-3; refused)
echo 'dma 0.13, esmtp 1.2, msmtp 1.8.28, Dovecot 2.4.1, OpenSMTPD 7.6 (Debian 13)' >&2
echo "$seen"
[ "$seen" = '/usr/sbin/dma
  -f '"'"'jay@example.com'"'"': exit 0
    MAIL FROM:<jay@example.com>
  -f '"'"'<>'"'"': exit 0
    MAIL FROM:<<>@mimando.lan>, refused
  -f '"'"''"'"': exit 0
    MAIL FROM:<@mimando.lan>, refused
  vacation of Pigeonhole: exit 0
    MAIL FROM:<<>@mimando.lan>, refused
    log: vacation action: sent vacation response to <bob@example.net>
    left in the queue: 0
/usr/bin/esmtp
  -f '"'"'jay@example.com'"'"': exit 0
    MAIL FROM:<jay@example.com>
  -f '"'"'<>'"'"': exit 70
    MAIL FROM:<<>>, refused
  -f '"'"''"'"': exit 0
    MAIL FROM:<>
  vacation of Pigeonhole: exit 0
    MAIL FROM:<<>>, refused
    log: vacation action: failed to send vacation response to bob@example.net: <Sendmail program returned error> (temporary error)
/usr/bin/msmtp
  -f '"'"'jay@example.com'"'"': exit 0
    MAIL FROM:<jay@example.com>
  -f '"'"'<>'"'"': exit 0
    MAIL FROM:<>
  -f '"'"''"'"': exit 0
    MAIL FROM:<>
  vacation of Pigeonhole: exit 0
    MAIL FROM:<>
    log: vacation action: sent vacation response to <bob@example.net>
OpenSMTPD
  MAIL FROM:<>: 250 2.0.0 Ok
  MAIL FROM:<<>>: 553 5.1.0 Sender address syntax error
  MAIL FROM:<<>@mimando.lan>: 553 5.1.0 Sender address syntax error
  MAIL FROM:<@mimando.lan>: 553 5.1.0 Sender address syntax error' ] || { echo 'changed' >&2; exit 1; }

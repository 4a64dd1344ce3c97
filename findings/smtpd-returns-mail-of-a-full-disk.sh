#!/bin/sh
# On a full disk OpenSMTPD returns mail to its senders that procmail, mdeliver (mblaze) or a shell command delivers.
#
# One would guess: a full disk is a temporary error to every program that delivers mail, as it is to smtpd's own maildir: the
# message waits in the queue until there is room.
# It is: of the exit codes of an mda, smtpd takes 71 (EX_OSERR) and 75 (EX_TEMPFAIL) as temporary and all others as final,
# 73 (EX_CANTCREAT) and 74 (EX_IOERR) as well. procmail ends with 73 unless it is started with -t; mdeliver, tee and cat
# end with 1. All their mail is refused as undeliverable while the disk is full; with maildrop and `procmail -t` it waits.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 procmail=3.24+really3.22-4 maildrop=3.1.8-2+b1 \
  mblaze=1.1-1 mount <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat >/etc/smtpd.conf <<'CONF'
listen on socket
table all { "@" = jay }
action "maildir" maildir "/home/jay/maildir" virtual <all>
match from any for rcpt-to "maildir@example.com" action "maildir"
CONF
agent() {
  echo "action \"$1\" mda \"$2\" virtual <all>"
  echo "match from any for rcpt-to \"$1@example.com\" action \"$1\""
}
agents='procmail procmail-t maildrop mdeliver tee cat'
{
  agent procmail 'procmail /home/jay/rc'
  agent procmail-t 'procmail -t /home/jay/rc'
  agent maildrop 'maildrop /home/jay/filter'
  agent mdeliver 'mdeliver /home/jay/mdeliver'
  agent tee 'tee -a /home/jay/tee >/dev/null'
  agent cat 'cat >>/home/jay/cat'
} >>/etc/smtpd.conf
mount -t tmpfs -o size=200k,mode=755 none /home/jay
cd /home/jay
echo DEFAULT=/home/jay/procmail >rc
echo 'to "/home/jay/maildrop"' >filter
for folder in maildir mdeliver; do mkdir -p $folder/cur $folder/new $folder/tmp; done
chown -R jay .
chmod 600 filter
smtpd -d 2>/tmp/log &
for try in $(seq 50); do smtpctl show status >/dev/null 2>&1 && break; sleep 0.2; done
head -c 300000 /dev/zero >filler 2>/dev/null
for to in maildir $agents; do
  { echo "Subject: $to"; echo; for line in $(seq 200); do echo "this is line $line of a report"; done; } |
    sendmail -f alice@example.net $to@example.com
done
done_by() { for to in maildir $agents; do grep -q "mda delivery.*to=<$to@" /tmp/log || return 1; done; }
for try in $(seq 200); do done_by && break; sleep 0.2; done
for to in maildir $agents; do echo "$to: $(sed -n "s/.*mda delivery.*to=<$to@.*result=\([A-Za-z]*\) .*/\1/p" /tmp/log | sort -u)"; done
RUN
)
echo "$seen"
[ "$seen" = 'maildir: TempFail
procmail: PermFail
procmail-t: TempFail
maildrop: TempFail
mdeliver: PermFail
tee: PermFail
cat: PermFail' ] || { echo 'changed' >&2; exit 1; }

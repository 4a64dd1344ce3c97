#!/bin/sh
# sendmail of OpenSMTPD keeps only the last message that smtpd refuses: each one overwrites dead.letter, and what mail(1) saved there.
#
# One would guess: a message that can't be sent is appended to dead.letter in the home folder, as mail(1) of OpenBSD does
# with messages that it can't send or that are interrupted. So the mail of a few cron jobs that is refused in one night can
# be read in the morning.
# It is: the file is opened for writing, not for appending. Of three refused messages two are gone, and so are drafts that
# mail(1) had saved in it. The exit code is 70 and cron(8) does nothing with it. sendmail(8) does not mention the file.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
printf '%s\n' 'listen on lo' 'action "inbox" maildir' 'match from any for domain example.com action "inbox"' >/etc/smtpd.conf
smtpd
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
printf 'Subject: a draft that mail(1) saved\n\ntext\n\n' >/root/dead.letter
show() { echo "$1: $(sed -n 's/^Subject: //p' /root/dead.letter | tr '\n' ';')"; }
show before
for job in one two three; do
  code=0
  printf 'Subject: cron job %s\n\ntext\n' $job | sendmail -f root@example.com left@example.com 2>/tmp/said || code=$?
  echo "exit $code, $(head -n 1 /tmp/said)"
  show "after job $job"
done
RUN
)
echo "$seen"
[ "$seen" = 'before: a draft that mail(1) saved;
exit 70, sendmail: command failed: 550 Invalid recipient: <left@example.com>
after job one: cron job one;
exit 70, sendmail: command failed: 550 Invalid recipient: <left@example.com>
after job two: cron job two;
exit 70, sendmail: command failed: 550 Invalid recipient: <left@example.com>
after job three: cron job three;' ] || { echo 'changed' >&2; exit 1; }

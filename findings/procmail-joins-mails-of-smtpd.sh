#!/bin/sh
# procmail, run by OpenSMTPD, writes an mbox file without "From " lines: all messages in it are one.
#
# One would guess: the line for ~/.forward from procmail(1), `"|exec /usr/bin/procmail"`, or `mda "procmail"` of smtpd.conf(5)
# delivers to the mailbox as under other mail servers; the envelope sender is in SENDER, as smtpd(8) has it, and procmail
# itself knows that a mailbox needs the line ("regenerate the leading From line", -f in procmail(1)).
# It is: smtpd begins a message with Return-Path, without the "From " line that Sendmail and Postfix put before it, and
# procmail only keeps such a line. The file begins with "Return-Path:", every exit code is 0, the log says "Delivered", and
# mail programs find no message in it. maildrop makes the line by itself. With -f procmail makes it, too.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 procmail=3.24+really3.22-4 \
  maildrop=3.1.8-2+b1 bsd-mailx=8.1.2-0.20220412cvs-1.1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
procmail -v 2>&1 | head -n 1 >&2
maildrop -v | head -n 1 >&2
mkdir -p -m 711 /var/spool/smtpd
cat >/etc/smtpd.conf <<'CONF'
listen on socket
table all { "@" = jay }
action "forward" maildir
action "procmail" mda "procmail /home/jay/rc" virtual <all>
action "procmail-f" mda "procmail -f \"$SENDER\" /home/jay/rc-f" virtual <all>
action "maildrop" mda "maildrop /home/jay/filter" virtual <all>
match from any for rcpt-to "procmail@example.com" action "procmail"
match from any for rcpt-to "procmail-f@example.com" action "procmail-f"
match from any for rcpt-to "maildrop@example.com" action "maildrop"
match from any for local action "forward"
CONF
echo '"|exec /usr/bin/procmail"' >/home/alice/.forward
echo DEFAULT=/home/alice/forward >/home/alice/.procmailrc
echo DEFAULT=/home/jay/procmail >/home/jay/rc
echo DEFAULT=/home/jay/procmail-f >/home/jay/rc-f
echo 'to "/home/jay/maildrop"' >/home/jay/filter
chown -R jay /home/jay; chown -R alice /home/alice
chmod 600 /home/jay/filter
smtpd -d 2>/tmp/log &
for try in $(seq 50); do smtpctl show status >/dev/null 2>&1 && break; sleep 0.2; done
for to in alice procmail@example.com procmail-f@example.com maildrop@example.com; do
  for text in one two; do echo "Subject: $text" | sendmail -f bob@example.com $to; done
done
for try in $(seq 150); do [ "$(grep -c 'mda delivery' /tmp/log)" -ge 8 ] && break; sleep 0.2; done
for box in alice/forward jay/procmail jay/procmail-f jay/maildrop; do
  echo "$box: $(grep -c "^Subject: " /home/$box) subjects, begins with $(head -n 1 /home/$box | cut -d ' ' -f 1)," \
    "mailx finds $(echo x | bsd-mailx -f /home/$box 2>&1 | grep -c bob@example)"
done
sed -n 's/.*mda delivery.*result=/result=/p' /tmp/log | sort | uniq -c
RUN
)
echo "$seen"
[ "$seen" = 'alice/forward: 2 subjects, begins with Return-Path:, mailx finds 0
jay/procmail: 2 subjects, begins with Return-Path:, mailx finds 0
jay/procmail-f: 2 subjects, begins with From, mailx finds 2
jay/maildrop: 2 subjects, begins with From, mailx finds 2
      8 result=Ok stat=Delivered' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# OpenSMTPD loses every bounce where dovecot-lda is called with `-f %{sender} -a %{dest}`; all other mail arrives.
#
# One would guess: a format specifier of smtpd.conf(5) becomes one word of the command, for a message without an envelope
# sender (a bounce, many automatic replies: RFC 5321, 4.5.5) an empty one.
# It is: the specifier is replaced in the text that the shell reads, so no word is left. dovecot-lda takes `-a` as the
# sender and complains about the next word with exit code 64, which smtpd takes as a permanent failure. A message without
# a sender can't be returned, so it is gone, without a trace but one line of the log. Reports of failed mail are the only
# mail concerned, which no test message shows. Inside quotes, or with `%{mbox.from}` (then MAILER-DAEMON), it arrives.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 dovecot-core=1:2.4.1+dfsg1-6+deb13u7 <<'RUN'
export LC_ALL=C
{ smtpd -h 2>&1 | sed -n 's/^version: //p'; echo "dovecot $(dovecot --version)"; } >&2
mkdir -p -m 711 /var/spool/smtpd
mkdir -p /etc/dovecot
cat >/etc/dovecot/dovecot.conf <<'CONF'
dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
mail_driver = maildir
mail_path = ~/Maildir
log_path = /dev/stderr
base_dir = /tmp/dovecot
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
CONF
cat >/etc/smtpd.conf <<'CONF'
listen on socket
table all { "@" = jay }
action "plain" mda "/usr/lib/dovecot/dovecot-lda -f %{sender} -a %{dest}" virtual <all>
action "quoted" mda "/usr/lib/dovecot/dovecot-lda -f '%{sender}' -a '%{dest}'" virtual <all>
action "mbox" mda "/usr/lib/dovecot/dovecot-lda -f %{mbox.from} -a %{dest}" virtual <all>
match from any for rcpt-to "plain@example.com" action "plain"
match from any for rcpt-to "quoted@example.com" action "quoted"
match from any for rcpt-to "mbox@example.com" action "mbox"
CONF
chown -R jay /home/jay
smtpd -d 2>/tmp/log &
for try in $(seq 50); do smtpctl show status >/dev/null 2>&1 && break; sleep 0.2; done
count=0
for from in bob@example.net '<>'; do
  for to in plain quoted mbox; do
    printf '%s\n' "Subject: from $from to $to" '' text | sendmail -f "$from" "$to@example.com"
    count=$((count + 1))
    for try in $(seq 150); do [ "$(grep -c 'mda delivery' /tmp/log)" -ge $count ] && break; sleep 0.2; done
  done
done
sed -n 's/.*mda delivery.*from=\(<[^>]*>\) to=<\([^@]*\).* result=\([^ ]*\) stat=\([^(]*[a-z]\).*/\2 \1: \3 \4/p' /tmp/log
echo "arrived:"
cat /home/jay/Maildir/new/* | sed -n 's/^Subject: /  /p' | sort
echo "waiting: $(smtpctl show queue | wc -l)"
RUN
)
echo "$seen"
[ "$seen" = 'plain <bob@example.net>: Ok Delivered
quoted <bob@example.net>: Ok Delivered
mbox <bob@example.net>: Ok Delivered
plain <>: PermFail Error
quoted <>: Ok Delivered
mbox <>: Ok Delivered
arrived:
  from <> to mbox
  from <> to quoted
  from bob@example.net to mbox
  from bob@example.net to plain
  from bob@example.net to quoted
waiting: 0' ] || { echo 'changed' >&2; exit 1; }

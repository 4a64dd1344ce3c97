#!/bin/sh
# check_mailq (Monitoring Plugins) says "OK: sendmail mailq is empty" while messages wait in the queue of OpenSMTPD.
#
# One would guess: mailq of OpenSMTPD is either read, as an MTA that replaces Sendmail has it, or its form is "UNKNOWN",
# exit 3, as check_mailq says with `-M postfix`.
# It is: without `-M`, and with `-M sendmail`, check_mailq looks for lines of Sendmail's mailq, finds none, and takes that
# for an empty queue, however many messages wait: exit 0. OpenSMTPD's mailq prints one line for each envelope.
# Debian's package lacks the name mailq, which OpenBSD has for smtpctl(8) (mailer.conf(5)): the script makes the link.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 perl monitoring-plugins-common=2.4.0-3+deb13u1 \
  monitoring-plugins-standard=2.4.0-3+deb13u1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
ln -s ../sbin/smtpctl /usr/bin/mailq
cat >/etc/smtpd.conf <<'CONF'
listen on lo
table all { "@" = alice }
action "deliver" mda "exit 75" virtual <all>
match from any for any action "deliver"
CONF
smtpd
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
for line in 'EHLO me' 'MAIL FROM:<>' 'RCPT TO:<a@example.com>' 'RCPT TO:<b@example.com>' 'RCPT TO:<c@example.com>' \
  DATA 'Subject: hello' '' text . QUIT; do printf '%s\r\n' "$line"; sleep 0.3; done | nc.openbsd -N 127.0.0.1 25 >/dev/null
for try in $(seq 50); do [ "$(mailq | grep -c pending)" = 3 ] && break; sleep 0.2; done
mailq | cut -d'|' -f7,11,12 | sort
/usr/lib/nagios/plugins/check_mailq --version 2>&1 | head -n 1 >&2
for mailer in '' '-M sendmail' '-M postfix'; do
  said=$(/usr/lib/nagios/plugins/check_mailq -w 1 -c 2 $mailer 2>&1) && code=0 || code=$?
  echo "check_mailq $mailer: $said (exit $code)"
done
RUN
)
echo "$seen"
[ "$seen" = "a@example.com|1|pending
b@example.com|1|pending
c@example.com|1|pending
check_mailq : OK: sendmail mailq is empty|unsent=0;1;2;0 (exit 0)
check_mailq -M sendmail: OK: sendmail mailq is empty|unsent=0;1;2;0 (exit 0)
check_mailq -M postfix: Couldn't match /usr/bin/mailq output (exit 3)" ] || { echo 'changed' >&2; exit 1; }

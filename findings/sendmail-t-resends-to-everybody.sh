#!/bin/sh
# `sendmail -t` of OpenSMTPD and dma sends a message with Resent-To again to those of its To and Cc, and not to the new one.
#
# One would guess: of a message that was resent (RFC 5322, 3.6.6), `-t` takes the Resent- fields, as Sendmail, Postfix and
# Exim do: Resent-To is who gets it now, To and Cc are who had it before, and Resent-Bcc is removed like Bcc.
# It is: both look at To, Cc and Bcc only. Everybody who had the message gets it a second time,
# lists included, and carol, to whom it was resent, nothing; exit 0. Resent-Bcc stays in the message for all to read.
# Needs root, for a folder tree of its own.
set -eu
message() {
  printf '%s\n' 'Resent-From: jay@example.com' 'Resent-To: carol@example.com' 'Resent-Bcc: eve@example.com' \
    'From: bob@internet.example' 'To: dave@internet.example' 'Cc: list@internet.example' 'Subject: hello' '' text
}
seen=$({ echo 'message() {'; echo "cat <<'MAIL'"; message; echo MAIL; echo '}'; cat <<'RUN'
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
echo mimando.lan >/etc/mailname
cat /usr/share/ca-certificates/mozilla/*.crt >/etc/ssl/certs/ca-certificates.crt
printf '%s\n' 'listen on lo' 'action "out" relay host smtp://127.0.0.9' 'match for any action "out"' >/etc/smtpd.conf
smtpd -d >/tmp/log 2>&1 &
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
message | sendmail -t && echo 'OpenSMTPD: exit 0'
smtpctl show queue | cut -d'|' -f6 | sort
smtpctl show message "$(smtpctl show queue | head -n 1 | cut -c1-8)" | grep '^Resent-Bcc'
kill $!
RUN
} | "$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 ca-certificates netcat-openbsd=1.229-1
{ echo 'message() {'; echo "cat <<'MAIL'"; message; echo MAIL; echo '}'; cat <<'RUN'
mkdir -p /etc/dma /var/spool/dma
chmod 777 /var/spool/dma
printf '%s\n' 'SMARTHOST 127.0.0.9' DEFER >/etc/dma/dma.conf
message | dma -t && echo 'dma: exit 0'
sed -n 's/^Recipient: //p' /var/spool/dma/Q* | sort
cat /var/spool/dma/M* | grep '^Resent-Bcc' | uniq
RUN
} | "$(dirname "$0")"/in-debian-13 dma=0.13-1+b2)
echo "dma 0.13 (Debian 13)"
echo "$seen"
[ "$seen" = 'OpenSMTPD: exit 0
dave@internet.example
list@internet.example
Resent-Bcc: eve@example.com
dma: exit 0
dave@internet.example
list@internet.example
Resent-Bcc: eve@example.com' ] || { echo 'changed' >&2; exit 1; }

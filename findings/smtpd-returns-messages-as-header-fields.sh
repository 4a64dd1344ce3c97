#!/bin/sh
# OpenSMTPD returns a whole message (RET=FULL, `sendmail -R FULL`) as a part of header fields, so no file in it can be opened.
#
# One would guess, from RFC 3461 (4.3) and RFC 6522: a report of a failure is a multipart/report; the message in it is a part
# message/rfc822 if the sender asked for all of it, and text/rfc822-headers if it has only the header.
# It is: smtpd offers DSN and obeys RET, but labels both alike, text/rfc822-headers in a multipart/mixed. Mail programs
# show the returned message as plain text, its attachments as base64, and its UTF-8 text as bytes that no
# Content-Transfer-Encoding announces. mshow (mblaze), which lists the parts of a forwarded message, finds no PDF file. Of a
# returned header too the report says "Below is a copy of the original message".
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 mblaze=1.1-1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat >/etc/smtpd.conf <<'CONF'
listen on socket
table all { "@" = alice }
action "inbox" maildir
action "refuse" mda "cat >/dev/null; exit 69" virtual <all>
match for domain example.com action "inbox"
match from any for domain example.net action "refuse"
CONF
chown -R jay /home/jay; chown -R alice /home/alice
smtpd -d 2>/tmp/log &
for try in $(seq 50); do smtpctl show status >/dev/null 2>&1 && break; sleep 0.2; done
cat >/tmp/contract <<'MAIL'
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=one

--one
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Grüße
--one
Content-Type: application/pdf
Content-Disposition: attachment; filename=contract.pdf
Content-Transfer-Encoding: base64

JVBERi0xLjQK
--one--
MAIL
{ printf '%s\n' 'Content-Type: message/rfc822' 'Subject: forwarded' ''; cat /tmp/contract; } >/tmp/forwarded
for ret in FULL HDRS; do { echo "Subject: $ret"; cat /tmp/contract; } | sendmail -R $ret -f jay@example.com bob@example.net; done
for try in $(seq 150); do [ "$(ls /home/jay/Maildir/new 2>/dev/null | wc -l)" -ge 2 ] && break; sleep 0.2; done
for ret in FULL HDRS; do cp "$(grep -l "^Subject: $ret" /home/jay/Maildir/new/*)" /tmp/$ret; done
for file in /tmp/forwarded /tmp/FULL /tmp/HDRS; do
  echo "$(basename $file): $(mshow -t $file | sed -n 's/^ *[0-9]*: \([^ ]*\).*name="*\([^"]*\).*/\1 (\2)/p; s/^ *[0-9]*: \([^ ]*\).*/\1/p' | tr '\n' ' ')"
done
for ret in FULL HDRS; do
  sed -n '/^Content-Type: text.rfc822-headers/,$p' /tmp/$ret | grep -c -e ^JVBER -e 'Grüße' -e '^--one--' | sed "s/^/$ret: lines of the body: /"
  grep 'Below is' /tmp/$ret
done
RUN
)
echo "$seen"
[ "$seen" = 'forwarded: message/rfc822 multipart/mixed text/plain application/pdf (contract.pdf) 
FULL: multipart/mixed text/plain message/delivery-status text/rfc822-headers 
HDRS: multipart/mixed text/plain message/delivery-status text/rfc822-headers 
FULL: lines of the body: 3
    Below is a copy of the original message:
HDRS: lines of the body: 0
    Below is a copy of the original message:' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# sendmail of OpenSMTPD encodes a multipart message with a line of 989 characters as a whole, and no attachment is left in it.
#
# One would guess: sendmail passes on a message that has MIME fields; lines may have 998 characters (RFC 5322, 2.1.1), and if
# it encodes one that is too long, then not a multipart, which must not be encoded (RFC 2045, 6.4).
# It is: from 989 characters on, if the header has no Content-Transfer-Encoding (one of multipart seldom has), sendmail adds
# "quoted-printable" to the header and encodes all of the body: each `=` becomes `=3D`, in the boundaries, so that mail programs
# find no parts, and in the base64 of attachments. With a boundary without `=` it is the attachment alone that is spoilt. The
# exit code is 0. By SMTP the same message passes unchanged.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 mblaze=1.1-1 netcat-openbsd=1.229-1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
chown -R jay /home/jay
printf '%s\n' 'listen on lo' 'listen on socket' 'action "inbox" maildir' 'match from any for any action "inbox"' >/etc/smtpd.conf
smtpd -d 2>/tmp/log &
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
message() {
  printf '%s\n' "Subject: $((count + 1))" 'MIME-Version: 1.0' "Content-Type: multipart/mixed; boundary=\"$2\"" '' "--$2" 'Content-Type: text/plain' ''
  printf "%$1d\n" 0
  printf '%s\n' "--$2" 'Content-Type: application/pdf' 'Content-Disposition: attachment; filename=contract.pdf' \
    'Content-Transfer-Encoding: base64' '' JVBERi0xLjQ= "--$2--"
}
count=0
report() {
  count=$((count + 1))
  for try in $(seq 150); do [ "$(ls /home/jay/Maildir/new 2>/dev/null | wc -l)" -ge $count ] && break; sleep 0.2; done
  file=$(grep -l "^Subject: $count\$" /home/jay/Maildir/new/*)
  echo "$1: $(mshow -t "$file" | sed -n 's/^ *[0-9]*: \([^ ]*\).*/\1/p' | tr '\n' ' ')$(grep -m 1 ^JVBER "$file")"
}
for length in 988 989; do for boundary in ==1== one; do
  message $length $boundary | sendmail -f bob@example.net jay@example.com
  report "$length, boundary $boundary, sendmail exit $?"
done; done
{
  for line in 'EHLO me' 'MAIL FROM:<bob@example.net>' 'RCPT TO:<jay@example.com>' DATA; do printf '%s\r\n' "$line"; sleep 0.3; done
  message 998 ==1== | sed 's/$/\r/'
  printf '.\r\n'
  sleep 1
  printf 'QUIT\r\n'
} | nc.openbsd -N 127.0.0.1 25 >/dev/null
report '998, boundary ==1==, SMTP'
RUN
)
echo "$seen"
[ "$seen" = '988, boundary ==1==, sendmail exit 0: multipart/mixed text/plain application/pdf JVBERi0xLjQ=
988, boundary one, sendmail exit 0: multipart/mixed text/plain application/pdf JVBERi0xLjQ=
989, boundary ==1==, sendmail exit 0: multipart/mixed JVBERi0xLjQ=3D
989, boundary one, sendmail exit 0: multipart/mixed text/plain application/pdf JVBERi0xLjQ=3D
998, boundary ==1==, SMTP: multipart/mixed text/plain application/pdf JVBERi0xLjQ=' ] || { echo 'changed' >&2; exit 1; }

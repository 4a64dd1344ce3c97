#!/bin/sh
# OpenSMTPD refuses four things that RFC 5321 wants of every server, among them quoted local parts and a second EHLO.
#
# One would guess: EHLO may come again and then acts as RSET (4.1.4), VRFY is known (4.5.1), a quoted local part is an
# address (4.1.2), and `<postmaster>` without a domain is accepted where postmaster@ its own domain is (4.5.1).
# It is: a session has one EHLO, a client that says hello again after an error gets 503; VRFY is "unrecognized" (500, not
# 252 or 502); `"alice b"@example.com` is a syntax error, as a recipient and as a sender, so nobody with such an address
# can even write here; `<postmaster>` becomes an address at the server's own name, which a rule for the domain does not
# match. A SIZE beyond the limit that EHLO states is welcome, on the other hand: the refusal comes after the last byte.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 <<'RUN'
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
echo mx1.example.com >/etc/mailname
printf '%s\n' 'smtp max-message-size 10k' 'listen on lo' 'action "inbox" maildir alias { postmaster = jay }' \
  'match from any for domain example.com action "inbox"' >/etc/smtpd.conf
smtpd
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
for line in 'HELO me' 'EHLO me' 'VRFY jay' 'MAIL FROM:<"alice b"@internet.example>' 'MAIL FROM:<bob@internet.example> SIZE=99999999' \
  'RCPT TO:<"jay b"@example.com>' 'RCPT TO:<postmaster@example.com>' 'RCPT TO:<postmaster>' QUIT
do printf '%s\r\n' "$line"; sleep 0.2; done | nc.openbsd -N 127.0.0.1 25 | tr -d '\r' | sed '1,2d; $d'
RUN
)
echo "$seen"
[ "$seen" = '503 5.5.1 Invalid command: Already identified
500 5.5.1 Invalid command: Command unrecognized
553 5.1.0 Sender address syntax error
250 2.0.0 Ok
501 5.1.3 Recipient address syntax error
250 2.1.5 Destination address valid: Recipient ok
550 Invalid recipient: <postmaster@mx1.example.com>' ] || { echo 'changed' >&2; exit 1; }

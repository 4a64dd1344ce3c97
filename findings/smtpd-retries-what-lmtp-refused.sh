#!/bin/sh
# OpenSMTPD 7.6 keeps on trying, for as long as its ttl, to hand over a mail that an LMTP server has refused for good.
#
# One would guess: a reply of 550 to RCPT makes a bounce at once, over LMTP (action "…" lmtp) as it does over SMTP (RFC 2033
# wants LMTP's replies read as SMTP's).
# It is: up to 7.6 (7.7 has changed it) mail.lmtp(8) ends with "temporary failure" for every refusal, so the sender hears of a mistyped recipient after four
# days. Besides, the recipient that the LMTP server is given is the local user's name without a domain, unless the action
# says rcpt-to.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 <<'RUN'
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat >/etc/smtpd.conf <<'CONF'
listen on lo
table all { "@" = alice }
action "lmtp" lmtp "127.0.0.1:2424" virtual <all>
match from any for domain example.com action "lmtp"
CONF
answer() {
  printf '220 inbox LMTP\r\n'
  while read -r line; do
    case $line in
      LHLO*) printf '250 inbox\r\n' ;;
      RCPT*) echo "${line%?}" >>/tmp/asked; printf '550 5.1.1 no such user\r\n' ;;
      QUIT*) return ;;
      *) printf '250 2.0.0 ok\r\n' ;;
    esac
  done
}
mkfifo /tmp/there
answer </tmp/there | nc.openbsd -l 127.0.0.1 2424 >/tmp/there 2>/dev/null &
smtpd
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
for line in 'EHLO me' 'MAIL FROM:<jay@internet.example>' 'RCPT TO:<nobody@example.com>' DATA 'Subject: hello' '' text . QUIT
do printf '%s\r\n' "$line"; sleep 0.3; done | nc.openbsd -N 127.0.0.1 25 >/dev/null
for try in $(seq 50); do smtpctl show queue | grep -q 'no such user' && break; sleep 0.2; done
cat /tmp/asked
smtpctl show queue | cut -d'|' -f6,11,12,14
RUN
)
echo "$seen"
[ "$seen" = 'RCPT TO:<alice>
nobody@example.com|1|pending|"mail.lmtp: LMTP server error: 550 5.1.1 no such user"' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# OpenSMTPD announces DSN, and sends reports that NOTIFY excluded, without the identifiers that its clients gave.
#
# One would guess: a server that announces DSN sends no report of a failure for `NOTIFY=SUCCESS` and none of a delay for
# `NOTIFY=FAILURE` ("requests that a "delayed" DSN NOT be issued under any conditions", RFC 3461, 4.1), and its reports
# contain the ENVID (which "MUST be supplied", 6.3) and the ORCPT, by which the sender recognises message and recipient.
# It is: only NEVER and SUCCESS have an effect; failures and delays are reported for all but NEVER. The reports have no
# Original-Envelope-Id and no Original-Recipient. With RET=FULL the whole message is in a part of the type
# text/rfc822-headers, and a line that begins with a dot loses the dot (RFC 5321, 4.5.2).
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 <<'RUN'
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat >/etc/smtpd.conf <<'CONF'
listen on lo
bounce warn-interval 1s
table all { "@" = alice }
action "inbox" maildir
action "deliver" mda "case %{rcpt.user} in wait*) echo later; exit 75;; esac; echo no such user; exit 67" virtual <all>
match from any for domain example.com action "inbox"
match from any for domain elsewhere.example action "deliver"
CONF
smtpd
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
send() {
  for line in 'EHLO me' 'MAIL FROM:<jay@example.com> RET=FULL ENVID=QQ314159' \
    "RCPT TO:<$1@elsewhere.example> NOTIFY=$2 ORCPT=rfc822;old@elsewhere.example" \
    DATA 'Subject: hello' '' 'see' '..profile' . QUIT
  do printf '%s\r\n' "$line"; sleep 0.3; done | nc.openbsd -N 127.0.0.1 25 | grep -o '250.DSN'
}
reports() { grep -hs '^Action: ' /home/jay/Maildir/new/* | wc -l; }
send nobody SUCCESS
send wait FAILURE
send never NEVER
for try in $(seq 60); do [ "$(reports)" -lt 2 ] || break; sleep 0.5; done
sleep 3
cd /home/jay/Maildir/new
grep -hE '^(Final-Recipient|Action):' * | sort -r
for field in Original-Envelope-Id Original-Recipient; do echo "$field: $(cat * | grep -c "^$field")"; done
sed -n '/^Content-Type: text.rfc822-headers/,$p' $(grep -l 'Action: failed' *) | grep -E '^(Content-Type|see|.*profile)'
RUN
)
echo "$seen"
[ "$seen" = '250-DSN
250-DSN
250-DSN
Final-Recipient: rfc822; wait@elsewhere.example
Final-Recipient: rfc822; nobody@elsewhere.example
Action: failed
Action: delayed
Original-Envelope-Id: 0
Original-Recipient: 0
Content-Type: text/rfc822-headers
see
profile' ] || { echo 'changed' >&2; exit 1; }

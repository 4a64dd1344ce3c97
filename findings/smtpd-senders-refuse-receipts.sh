#!/bin/sh
# OpenSMTPD with `senders <table>` refuses the read receipts and other notifications that users of the table send.
#
# One would guess: the table has "the email addresses that user is allowed to submit mail as" (smtpd.conf(5)); the empty sender
# is not an address of somebody else. RFC 8098, 3, has it for every read receipt ("MUST be null"), RFC 3834, 4, for
# automatic replies, so mail programs send them so after logging in, as they send other mail.
# It is: `MAIL FROM:<>` is answered with "530 Sender rejected", as the address of another user is, and 530 means that one
# has to log in (RFC 4954, 6). So receipts and automatic replies of mail programs are refused. The only entry of the table that
# allows them is `@`, which allows the addresses of everybody. The same listener without `senders` takes them.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 openssl ca-certificates <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat /usr/share/ca-certificates/mozilla/*.crt >/etc/ssl/certs/ca-certificates.crt
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /etc/key -out /etc/cert -days 9 -subj /CN=gw.lan 2>/dev/null
chmod 600 /etc/key
cat >/etc/smtpd.conf <<CONF
pki gw cert "/etc/cert"
pki gw key "/etc/key"
table passwords { jay = "$(smtpctl encrypt secret)" }
table addresses { jay = "jay@example.com" }
table wildcard { jay = "jay@example.com, @" }
listen on lo port 2001 smtps pki gw auth <passwords>
listen on lo port 2002 smtps pki gw auth <passwords> senders <addresses>
listen on lo port 2003 smtps pki gw auth <passwords> senders <wildcard>
action "inbox" maildir
match auth from any for any action "inbox"
CONF
smtpd
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 2003 2>/dev/null && break; sleep 0.2; done
login=$(printf '\0jay\0secret' | base64)
for listener in '2001 without senders' '2002 senders jay@example.com' '2003 senders jay@example.com, @'; do
  for from in jay@example.com alice@example.com ''; do
    answer=$(for line in 'EHLO me' "AUTH PLAIN $login" "MAIL FROM:<$from>" QUIT; do printf '%s\r\n' "$line"; sleep 0.5; done |
      openssl s_client -quiet -connect "127.0.0.1:${listener%% *}" 2>/dev/null | tail -n 2 | head -n 1 | tr -d '\r')
    echo "${listener#* }: <$from> $answer"
  done
done
RUN
)
echo "$seen"
[ "$seen" = 'without senders: <jay@example.com> 250 2.0.0 Ok
without senders: <alice@example.com> 250 2.0.0 Ok
without senders: <> 250 2.0.0 Ok
senders jay@example.com: <jay@example.com> 250 2.0.0 Ok
senders jay@example.com: <alice@example.com> 530 Sender rejected
senders jay@example.com: <> 530 Sender rejected
senders jay@example.com, @: <jay@example.com> 250 2.0.0 Ok
senders jay@example.com, @: <alice@example.com> 250 2.0.0 Ok
senders jay@example.com, @: <> 250 2.0.0 Ok' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# Readers of bounces miss what OpenSMTPD says in its own: Sisimai takes its warning of a delay for a failure.
#
# One would guess: libraries that read bounces use the part message/delivery-status (RFC 3464), whatever else a mail server
# writes; the more so Sisimai, which has rules for OpenSMTPD by name.
# It is: OpenSMTPD's notifications are multipart/mixed, not multipart/report, though they have that part. Of a mail that waits
# ("Action: delayed", "Status: 4.3.0") Sisimai, by its rules for OpenSMTPD, says "failed" and 5.0.901, of an unknown user
# "filtered"; Mail::DeliveryStatus::BounceParser knows that a bounce is one, but of whom it can't say. flufl.bounce, of
# Mailman, reads both rightly.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 perl libsisimai-perl=5.3.0-1 \
  libmail-deliverystatus-bounceparser-perl=1.543+repacked-1 python3-flufl.bounce=4.0-6 <<'RUN'
export LC_ALL=C
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
for line in 'EHLO me' 'MAIL FROM:<jay@example.com>' 'RCPT TO:<nobody@elsewhere.example>' 'RCPT TO:<wait@elsewhere.example>' \
  DATA 'Subject: hello' '' text . QUIT
do printf '%s\r\n' "$line"; sleep 0.3; done | nc.openbsd -N 127.0.0.1 25 >/dev/null
for try in $(seq 60); do [ "$(ls /home/jay/Maildir/new 2>/dev/null | wc -l)" -lt 2 ] || break; sleep 0.5; done
for mail in $(grep -l 'Action: failed' /home/jay/Maildir/new/*) $(grep -l 'Action: delayed' /home/jay/Maildir/new/*); do
  echo "$(sed -n 's/^Content-Type: \(multipart[^;]*\).*/\1/p' "$mail"), $(grep -E '^(Action|Status):' "$mail" | tr '\n' ' ')"
  perl -MSisimai -e 'for (@{ Sisimai->rise($ARGV[0]) || [] }) {
    printf "  Sisimai, rules for %s: %s, %s, %s\n", $_->decodedby, $_->action, $_->deliverystatus, $_->reason }' "$mail"
  perl -MMail::DeliveryStatus::BounceParser -0777 -ne '$b = Mail::DeliveryStatus::BounceParser->new($_);
    printf "  BounceParser: %s, recipients: %d\n", $b->is_bounce ? "a bounce" : "no bounce", scalar $b->reports' "$mail"
  python3 -c 'import email, sys, flufl.bounce
waiting, failed = flufl.bounce.all_failures(email.message_from_file(open(sys.argv[1])))
print(f"  flufl.bounce: waiting {sorted(waiting)}, failed {sorted(failed)}")' "$mail"
done
RUN
)
echo "$seen"
[ "$seen" = "multipart/mixed, Action: failed Status: 5.3.0 
  Sisimai, rules for OpenSMTPD: failed, 5.0.910, filtered
  BounceParser: a bounce, recipients: 0
  flufl.bounce: waiting [], failed [b'nobody@elsewhere.example']
multipart/mixed, Action: delayed Status: 4.3.0 
  Sisimai, rules for OpenSMTPD: failed, 5.0.901, onhold
  BounceParser: no bounce, recipients: 0
  flufl.bounce: waiting [b'wait@elsewhere.example'], failed []" ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# OpenSMTPD runs a program again and again that ends with 0 without reading a large message; with a small one once.
#
# One would guess: exit code 0 of an `mda` (smtpd.conf(5)) or of a program in aliases means that it has done its work (a
# notifier needs only the fields of a message, or nothing of it), or it does not mean that for a short message either.
# It is: if smtpd has not passed on the whole message by then, it is a temporary failure, "mda exited prematurely". A short
# message fits into the buffer of the socket, so tests pass. With a larger one the program runs again after 10 seconds, and
# so on until the queue's ttl (four days), with its effect each time. `head -n 1` and what else stops early are such
# programs.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat >/etc/smtpd.conf <<'CONF'
listen on socket
table all { "@" = alice }
action "notify" mda "date >>/tmp/ran-%{rcpt.user}; exit 0" virtual <all>
action "head" mda "head -n 1 >>/tmp/ran-%{rcpt.user}" virtual <all>
match from any for rcpt-to { "small@example.com", "large@example.com" } action "notify"
match from any for any action "head"
CONF
chmod 1777 /tmp
smtpd -d 2>/tmp/log &
for try in $(seq 50); do smtpctl show status >/dev/null 2>&1 && break; sleep 0.2; done
for to in small small-head; do echo text | sendmail -f jay@example.com "$to@example.com"; done
for to in large large-head; do
  for line in $(seq 40000); do echo "this is line $line of the report"; done | sendmail -f jay@example.com "$to@example.com"
done
for try in $(seq 300); do [ "$(grep -c 'mda delivery.*to=<large' /tmp/log)" -ge 4 ] && break; sleep 0.2; done
for to in small small-head large large-head; do
  count=$(wc -l <"/tmp/ran-$to")
  [ "$count" -lt 2 ] || count='more than once'
  echo "$to: ran $count," $(sed -n "s/.*mda delivery.*to=<$to@.*result=/result=/p" /tmp/log | uniq)
done
smtpctl show queue | cut -d'|' -f6,7,12 | sort
RUN
)
echo "$seen"
[ "$seen" = 'small: ran 1, result=Ok stat=Delivered
small-head: ran 1, result=Ok stat=Delivered
large: ran more than once, result=TempFail stat=Error (mda exited prematurely)
large-head: ran more than once, result=TempFail stat=Error (mda exited prematurely)
large-head@example.com|large-head@example.com|pending
large@example.com|large@example.com|pending' ] || { echo 'changed' >&2; exit 1; }

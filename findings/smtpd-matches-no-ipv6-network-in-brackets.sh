#!/bin/sh
# OpenSMTPD accepts `[2001:db8::]/32` as a network and then takes no address to be in it; it has to be `[2001:db8::/32]`.
#
# One would guess: "IPv6 addresses must be enclosed in square brackets" in a table of addresses and networks (netaddr tables,
# table(5)), so the brackets are around the address, and the length follows as in `192.168.1.0/24`. What smtpd can't read
# is an error of `smtpd -n`.
# It is: the brackets have to be around both, or are left out. With the other form in `from src`, in smtpd.conf or in a file
# whose first line is another network, "configuration OK" is said, nothing is logged, and no client matches: mail of one's
# own network is refused with 550.
# Needs root, for a folder tree of its own, and IPv6 on loopback.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
printf '%s\n' 192.0.2.0/24 '[::]/64' >/etc/outside
printf '%s\n' 192.0.2.0/24 '[::/64]' >/etc/inside
cat >/etc/smtpd.conf <<'CONF'
table outside file:/etc/outside
table inside file:/etc/inside
table everybody { "@" = jay }
listen on ::1
action "inbox" maildir virtual <everybody>
match from src "[::]/64" for domain outside.example action "inbox"
match from src "[::/64]" for domain inside.example action "inbox"
match from src "::/64" for domain without.example action "inbox"
match from src <outside> for domain outside-file.example action "inbox"
match from src <inside> for domain inside-file.example action "inbox"
CONF
smtpd -n 2>&1
smtpd
for try in $(seq 50); do nc.openbsd -z ::1 25 2>/dev/null && break; sleep 0.2; done
for line in 'EHLO me' 'MAIL FROM:<eve@example.org>' 'RCPT TO:<outside@outside.example>' 'RCPT TO:<inside@inside.example>' \
  'RCPT TO:<without@without.example>' 'RCPT TO:<outside@outside-file.example>' 'RCPT TO:<inside@inside-file.example>' QUIT; do printf '%s\r\n' "$line"; sleep 0.3; done |
  nc.openbsd -N ::1 25 | tr -d '\r' | grep 'ecipient' | sed 's/ .*//' >/tmp/answers
for form in '[::]/64' '[::/64]' '::/64' 'file: [::]/64' 'file: [::/64]'; do
  echo "$form: $(head -n 1 /tmp/answers)"
  sed -i 1d /tmp/answers
done
RUN
)
echo "$seen"
[ "$seen" = 'configuration OK
[::]/64: 550
[::/64]: 250
::/64: 250
file: [::]/64: 550
file: [::/64]: 250' ] || { echo 'changed' >&2; exit 1; }

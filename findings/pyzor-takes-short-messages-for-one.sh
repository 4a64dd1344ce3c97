#!/bin/sh
# pyzor takes an "ok" of a friend for spam as soon as somebody has reported a message that is just a link.
#
# One would guess: pyzor, which compares digests of messages, gives the same digest to the same text with small differences, so a
# report of one message says nothing of others; a message that leaves nothing to compare is in no report.
# It is: links, addresses and lines of fewer than eight characters are left out, and where nothing is left, the digest is that of
# nothing (SHA-1: da39a3ee...). So "ok", an address and the link to a document are the same message, and after a report of
# one `pyzor check` exits with 0, spam, for all of them.
# The server here is a new one, on loopback.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 pyzor=1:1.1.2-1 python3-gdbm <<'RUN'
export HOME=/tmp
mkdir -p /tmp/.pyzor
echo 127.0.0.1:24441 >/tmp/.pyzor/servers
pyzord -a 127.0.0.1 -p 24441 -e gdbm --dsn=/tmp/reports 2>/dev/null &
for try in $(seq 50); do pyzor ping >/dev/null 2>&1 && break; sleep 0.2; done
show() {
  printf 'From: %s\nTo: jay@example.com\nSubject: %s\n\n%s\n' "$2" "$3" "$4" >message
  [ "$1" = check ] || { pyzor "$1" <message >/dev/null; return; }
  pyzor check <message >/tmp/said && code=0 || code=$?
  echo "$4: digest $(pyzor digest <message | cut -c 1-8), $(cut -f 3 /tmp/said) reports, exit $code"
}
all() {
  show check bob@example.net 'You have won' 'http://win.example.net/'
  show check alice@example.com 'Lunch at noon?' ok
  show check alice@example.com 'The minutes' 'https://www.example.com/minutes.pdf'
  show check alice@example.com 'The address of Fay' 'fay@example.org'
  show check alice@example.com 'The relay' 'The relay at the office is slow today.'
}
cd /tmp
all
for time in 1 2 3; do show report bob@example.net 'You have won' 'http://win.example.net/'; done
echo 'after three reports of the first one:'
all
RUN
)
echo 'pyzor 1.1.2'
echo "$seen"
[ "$seen" = 'http://win.example.net/: digest da39a3ee, 0 reports, exit 1
ok: digest da39a3ee, 0 reports, exit 1
https://www.example.com/minutes.pdf: digest da39a3ee, 0 reports, exit 1
fay@example.org: digest da39a3ee, 0 reports, exit 1
The relay at the office is slow today.: digest ba41673f, 0 reports, exit 1
after three reports of the first one:
http://win.example.net/: digest da39a3ee, 3 reports, exit 0
ok: digest da39a3ee, 3 reports, exit 0
https://www.example.com/minutes.pdf: digest da39a3ee, 3 reports, exit 0
fay@example.org: digest da39a3ee, 3 reports, exit 0
The relay at the office is slow today.: digest ba41673f, 0 reports, exit 1' ] || { echo 'changed' >&2; exit 1; }

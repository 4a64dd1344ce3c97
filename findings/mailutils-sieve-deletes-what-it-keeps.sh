#!/bin/sh
# sieve of GNU Mailutils deletes a message from the mailbox although the script says `keep`, if `discard` or `fileinto` follows.
#
# One would guess: `keep` files the message into the mailbox, whatever the script does besides: discard only cancels the implicit
# keep (RFC 5228, 4.4), and fileinto is a second copy (4.1). Exceptions at the top and a `discard` at the end are a usual form.
# It is: keep and discard set and clear one mark, "deleted", and so does fileinto, so the last of them has the last word. With
# `if ... { keep; } discard;` the mail that the rule was to save is gone, with exit 0; `keep; fileinto` leaves the mailbox
# empty, `fileinto; keep` does not. sieve-test of Pigeonhole (Dovecot) answers as the RFC says, in either order.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 mailutils=1:3.19-1 dovecot-sieve=1:2.4.1+dfsg1-6+deb13u7 <<'RUN'
export LC_ALL=C
echo "$(sieve --version | head -n 1), $(dovecot --version)" >&2
printf '%s\n' dovecot:x:105:105::/nonexistent:/bin/sh dovenull:x:106:106::/nonexistent:/bin/sh >>/etc/passwd
printf '%s\n' dovecot:x:105: dovenull:x:106: >>/etc/group
mkdir -p /etc/dovecot
printf '%s\n' 'dovecot_config_version = 2.4.1' 'dovecot_storage_version = 2.4.1' 'mail_driver = mbox' 'mail_path = /tmp/mail' \
  'mail_uid = 1000' 'mail_gid = 1000' >/etc/dovecot/dovecot.conf
mkdir -m 777 /tmp/mail
cd /tmp
printf '%s\n' 'From: bob@internet.example' 'To: jay@example.com' 'Subject: hello' '' text >message
count() { if [ -e "$1" ]; then grep -c '^From ' "$1"; else echo 0; fi; }
try() {
  { echo 'From bob@internet.example Fri Nov 27 05:00:00 2026'; cat message; echo; } >mbox
  rm -f archive
  echo "require \"fileinto\"; $1" >script.sieve
  sed 's/archive/mbox:\/tmp\/archive/' script.sieve >mailutils.sieve
  sieve -f mbox mailutils.sieve && code=0 || code=$?
  sieve-test script.sieve message >said 2>&1
  echo "$1 Mailutils: mailbox $(count mbox), archive $(count archive) (exit $code);" \
    "Pigeonhole: mailbox $(grep -c 'folder: INBOX' said), archive $(grep -c 'folder: archive' said)"
}
try 'discard;'
try 'keep; discard;'
try 'discard; keep;'
try 'if header "subject" "hello" { keep; } discard;'
try 'fileinto "archive";'
try 'fileinto "archive"; keep;'
try 'keep; fileinto "archive";'
RUN
)
echo "$seen"
[ "$seen" = 'discard; Mailutils: mailbox 0, archive 0 (exit 0); Pigeonhole: mailbox 0, archive 0
keep; discard; Mailutils: mailbox 0, archive 0 (exit 0); Pigeonhole: mailbox 1, archive 0
discard; keep; Mailutils: mailbox 1, archive 0 (exit 0); Pigeonhole: mailbox 1, archive 0
if header "subject" "hello" { keep; } discard; Mailutils: mailbox 0, archive 0 (exit 0); Pigeonhole: mailbox 1, archive 0
fileinto "archive"; Mailutils: mailbox 0, archive 1 (exit 0); Pigeonhole: mailbox 0, archive 1
fileinto "archive"; keep; Mailutils: mailbox 1, archive 1 (exit 0); Pigeonhole: mailbox 1, archive 1
keep; fileinto "archive"; Mailutils: mailbox 0, archive 1 (exit 0); Pigeonhole: mailbox 1, archive 1' ] || { echo 'changed' >&2; exit 1; }

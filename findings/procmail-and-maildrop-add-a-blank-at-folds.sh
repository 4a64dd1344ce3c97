#!/bin/sh
# procmail and maildrop put a second blank where a field was folded: `^Subject: backup of mx failed` does not match it.
#
# One would guess: a line end within a field goes away and the blank behind it stays (RFC 5322, 2.2.3), so a rule matches whether
# the sender has folded the field there or not, as with Sieve and with reformail, maildrop's own tool for header fields.
# It is: both put a blank in place of the line end and keep what follows: a rule sees "mx  failed", or a blank and a tab. Which
# mail that is depends on the length of the words before, as in "Backup of mail.example.com failed". maildrop rewrites fields with
# addresses, so that they have one blank; procmail does not. `formail -c`, which joins lines, makes two blanks of one, too.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 maildrop=3.1.8-2+b1 procmail=3.24+really3.22-4 mailutils=1:3.19-1 <<'RUN'
export LC_ALL=C HOME=/tmp
cd /tmp
maildrop -v 2>&1 | head -n 1 >&2
answer() { if [ "$1" ]; then echo yes; else echo no; fi; }
ask() {
  printf '%s\n' 'SHELL=/bin/sh' "if (/^$1: $2/)" '{' 'echo "yes"' exit '}' exit >rules
  printf '%s\n' SHELL=/bin/sh MAILDIR=/tmp LOGFILE=/dev/null DEFAULT=/tmp/default :0 "* ^$1: $2" /tmp/matches >procmailrc
  echo "if header :contains \"$1\" \"$2\" { discard; }" >rules.sieve
  chmod 600 rules
  : >matches
  procmail /tmp/procmailrc <message
  echo "$1: $2 - procmail $(answer "$(cat matches)"), maildrop $(answer "$(maildrop -V 0 ./rules <message)")," \
    "Sieve $(answer "$(sieve -n -v -f message rules.sieve 2>&1 | grep DISCARD)")"
}
message() {
  printf '%s\n' 'From bob@example.net  Fri Nov 27 05:00:00 2026' "From: Bob$1<bob@example.net>" "Subject: backup of mx$1failed" '' text >message
  echo "$2: reformail \"$(reformail -x Subject: <message)\", formail \"$(formail -c -z -x Subject: <message)\""
  ask Subject 'backup of mx failed'
  ask Subject 'backup of mx  failed'
  ask From 'Bob <bob'
}
message ' ' 'in one line'
message '
 ' folded
RUN
)
echo "$seen"
[ "$seen" = 'in one line: reformail "backup of mx failed", formail "backup of mx failed"
Subject: backup of mx failed - procmail yes, maildrop yes, Sieve yes
Subject: backup of mx  failed - procmail no, maildrop no, Sieve no
From: Bob <bob - procmail yes, maildrop yes, Sieve yes
folded: reformail "backup of mx failed", formail "backup of mx  failed"
Subject: backup of mx failed - procmail no, maildrop no, Sieve yes
Subject: backup of mx  failed - procmail yes, maildrop yes, Sieve no
From: Bob <bob - procmail no, maildrop yes, Sieve yes' ] || { echo 'changed' >&2; exit 1; }

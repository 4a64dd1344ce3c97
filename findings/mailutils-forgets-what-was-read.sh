#!/bin/sh
# movemail of GNU Mailutils moves read and flagged mail of a maildir into an mbox file as unread; its mail(1) shows it as new.
#
# One would guess: movemail, which moves mail between formats, takes the marks along as well as it can. Both formats have "read",
# "answered" and "flagged", and from mbox to maildir it does carry "read" over.
# It is: into an mbox no mark goes, neither Status nor X-Status, and the maildir is empty afterwards: what was read and what was
# not is lost, with exit 0. `mail -f` lists each message of a maildir as new (N), whatever its flags are. Between two
# maildirs all flags stay.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 mailutils=1:3.19-1 <<'RUN'
export LC_ALL=C HOME=/root
cd /tmp
movemail.mailutils --version | head -n 1 >&2
maildir() {
  mkdir "$1" "$1/cur" "$1/new" "$1/tmp"
  while read -r file subject; do
    printf '%s\n' 'Return-Path: <bob@example.net>' 'From: Bob <bob@example.net>' 'Date: Fri, 20 Nov 2026 05:00:00 +0000' "Subject: $subject" '' \
      text >"$1/$file"
  done <<'FILES'
cur/1795000000.M1P1.mx:2,S read
cur/1795000001.M1P1.mx:2,RS answered
cur/1795000002.M1P1.mx:2,FS flagged
cur/1795000003.M1P1.mx:2, unread
new/1795000004.M1P1.mx new
FILES
}
maildir one
mail.mailutils -f maildir:/tmp/one -H | sed 's/^>/ /; s/^ \(.\) .* \(.*\)$/mail: \1 \2/'
movemail.mailutils maildir:/tmp/one mbox:/tmp/box && code=0 || code=$?
echo "to mbox (exit $code, $(find one -type f -name '17*' | wc -l) left):" $(grep -c '^From ' box) messages, $(grep -c -i '^\(X-\)*Status:' box) marks
maildir two
movemail.mailutils maildir:/tmp/two maildir:/tmp/three
echo 'to maildir:' $(find three -type f -name '17*' | sed -n 's/.*:2,//p' | sort)
printf '%s\n' 'From bob@example.net Fri Nov 20 05:00:00 2026' 'From: bob@example.net' 'Subject: read' 'Status: RO' '' text '' >box
movemail.mailutils mbox:/tmp/box maildir:/tmp/four
echo 'from mbox:' $(find four -type f -name '17*' | sed -n 's/.*:2,//p')
RUN
)
echo "$seen"
[ "$seen" = 'mail: N read
mail: N answered
mail: N flagged
mail: N unread
mail: N new
to mbox (exit 0, 0 left): 5 messages, 0 marks
to maildir: FS RS S
from mbox: S' ] || { echo 'changed' >&2; exit 1; }

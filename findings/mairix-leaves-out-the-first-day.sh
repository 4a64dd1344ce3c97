#!/bin/sh
# mairix leaves out the first day of every range: `d:20251112` finds no mail of that day, and `d:nov2025` none of 1 November.
#
# One would guess: `mairix d:20251112` finds the mail of 12 November 2025, `d:20251112-20251113` that of two days, and
# `d:nov2025` that of a month, as its manual says (`d:20030301-20030425`: "March 1st" to "25th April").
# It is: a range begins with the day after its first one, whatever the time and the zone of the message, and of the search. So
# one day never finds anything; `d:20251111-20251112` finds that day. Nothing is said; exit 1 means that there is no such mail.
# The ends are right.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 mairix=0.24-2 <<'RUN'
export LC_ALL=C HOME=/tmp
cd /tmp
echo 'mairix 0.24' >&2
mkdir -p mail/cur mail/new mail/tmp
printf '%s\n' base=/tmp maildir=mail mfolder=found database=/tmp/index >mairixrc
for date in '31 Oct' '1 Nov' '2 Nov' '11 Nov' '12 Nov' '13 Nov' '14 Nov' '30 Nov' '1 Dec'; do
  for time in '00:30:00 +0000' '12:00:00 +0100' '23:30:00 +0000'; do
    printf '%s\n' 'From: bob@example.net' 'To: jay@example.com' 'Subject: hello' "Date: $date 2025 $time" '' text >"mail/cur/$date, $time:2,S"
  done
done
for TZ in UTC0 EAST-2 WEST8; do
  export TZ
  rm -f index
  mairix -f mairixrc
  for days in 20251112 20251111-20251112 20251112-20251113 20251113- nov2025; do
    found=$(mairix -f mairixrc -r "d:$days") && code=0 || code=$?
    echo "$TZ $days:" $(echo "$found" | sed '/^$/d; s:.*/::; s/, .*//' | sort | uniq -c | sed 's/^ *\([0-9]*\) \(.*\)/\1 of \2,/') "exit $code"
  done
done
RUN
)
echo "$seen"
[ "$(echo "$seen" | sed 's/^[A-Z0-9-]* //' | sort -u)" = '20251111-20251112: 3 of 12 Nov, exit 0
20251112-20251113: 3 of 13 Nov, exit 0
20251112: exit 1
20251113-: 3 of 1 Dec, 3 of 14 Nov, 3 of 30 Nov, exit 0
nov2025: 3 of 11 Nov, 3 of 12 Nov, 3 of 13 Nov, 3 of 14 Nov, 3 of 2 Nov, 3 of 30 Nov, exit 0' ] || { echo 'changed' >&2; exit 1; }

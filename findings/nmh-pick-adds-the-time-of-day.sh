#!/bin/sh
# pick of nmh finds more mail for `-before "13 Nov 2026"` when it is run in the evening than when it is run in the morning.
#
# One would guess: a date without a time is the day: `-after "12 Nov 2026"` is from its beginning or from its end on, and
# `-before "13 Nov 2026"` is up to the beginning of the 13th, whenever it is asked.
# It is: what a date does not say is taken from the clock, the time of day as well (pick(1) has a sentence about it, and an example with
# `-before friday`). At nine in the morning the 13th begins at 09:00, at six in the evening at 18:00: mail of the same day is on either
# side of it. A script that moves the mail of a month away takes some of the next with it, more or less by the hour at which
# it runs; with "00:00" behind the date it does not. The day as text, `-date "12 Nov"`, is all mail of that day, at any hour.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 nmh=1.8-3 faketime=0.9.10+2024-06-05+gba9ed5b2-0.6 <<'RUN'
export LC_ALL=C HOME=/root TZ=UTC PATH="$PATH:/usr/bin/mh"
echo 'Path: Mail' >"$HOME/.mh_profile"
pick -version | head -n 1 | sed 's/ \[.*//' >&2
mkdir -p "$HOME/Mail/inbox"
number=0
for day in 12 13; do
  for time in 06:00 12:00 20:00; do
    number=$((number + 1))
    printf '%s\n' 'From: jay@example.com' 'Subject: backup' "Date: $day Nov 2026 $time:00 +0000" '' text >"$HOME/Mail/inbox/$number"
  done
done
sent() {
  for number in $(pick "$@" -list); do sed -n 's/^Date: \(..\) Nov 2026 \(.....\).*/\1\/\2/p' "$HOME/Mail/inbox/$number"; done | tr '\n' ' ' | sed 's/ $//'
}
ask() {
  for hour in 09 18; do
    date="2026-11-20 $hour:00:00"
    echo "pick $* at $hour:00: $(export LD_PRELOAD="$(find /usr/lib -name libfaketime.so.1)" FAKETIME="$date"; sent "$@")"
  done
}
ask -before '13 Nov 2026'
ask -after '12 Nov 2026'
ask -before '13 Nov 2026 00:00'
ask -date '12 Nov'
RUN
)
echo "$seen"
[ "$seen" = 'pick -before 13 Nov 2026 at 09:00: 12/06:00 12/12:00 12/20:00 13/06:00
pick -before 13 Nov 2026 at 18:00: 12/06:00 12/12:00 12/20:00 13/06:00 13/12:00
pick -after 12 Nov 2026 at 09:00: 12/12:00 12/20:00 13/06:00 13/12:00 13/20:00
pick -after 12 Nov 2026 at 18:00: 12/20:00 13/06:00 13/12:00 13/20:00
pick -before 13 Nov 2026 00:00 at 09:00: 12/06:00 12/12:00 12/20:00
pick -before 13 Nov 2026 00:00 at 18:00: 12/06:00 12/12:00 12/20:00
pick -date 12 Nov at 09:00: 12/06:00 12/12:00 12/20:00
pick -date 12 Nov at 18:00: 12/06:00 12/12:00 12/20:00' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# systemd-cron runs `30 4 1,15 * 5` on Fridays that are a 1st or a 15th, and not on the 1st, the 15th and every Friday.
#
# One would guess: a crontab means the same to systemd-cron as to cron(8). Its own crontab(5) says of this very line that it
# runs "on the 1st and 15th of each month, plus every Friday", because with two restricted day fields "either" counts.
# It is: the generator writes the two fields into one OnCalendar=, where systemd.time(7) wants both to match. In 2027 the
# line runs on 4 days instead of 73, and not once from February to September. Nothing warns of it.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 systemd-cron=2.5.1-2 systemd gzip <<'RUN'
export LC_ALL=C TZ=UTC
mkdir -p /var/spool/cron/crontabs /out
echo '30 4 1,15 * 5 echo days' >/var/spool/cron/crontabs/jay
/usr/lib/systemd/system-generators/systemd-crontab-generator /out /out /out
when=$(sed -n 's/^OnCalendar=//p' /out/cron-jay-*.timer)
echo "OnCalendar=$when"
systemd-analyze calendar --base-time='2026-12-31 12:00:00 UTC' --iterations=80 "$when" | grep -o '[A-Z][a-z][a-z] 2027-[0-9-]*' | sort -u
echo "its crontab(5): $(gzip -cd /usr/share/man/man5/crontab.5.gz | sed -n '/^``30 4/,/^month/p' | tr '\n' ' ' | cut -d. -f1)"
RUN
)
echo "systemd-cron 2.5.1 (Debian 13)"
echo "$seen"
[ "$seen" = 'OnCalendar=Fri *-*-1,15 4:30:00
Fri 2027-01-01
Fri 2027-01-15
Fri 2027-10-01
Fri 2027-10-15
its crontab(5): ``30 4 1,15 * 5'"'' would cause a command to be run at 4:30 am on the 1st and 15th of each month, plus every Friday" ] ||
  { echo 'changed' >&2; exit 1; }

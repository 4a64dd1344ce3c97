#!/bin/sh
# lockfile-check and lockfile-create (lockfile-progs) take a stale lock for valid the first time that they look, and never again.
#
# One would guess: a lock that nobody has touched for five minutes is stale, as lockfile-create(1) says, whoever asks and however
# often: to ask changes nothing. A job of cron that was killed yesterday does not keep today's from its work.
# It is: the first look at a lock changes its time of access, and for that look the time before it is "now": the day of the lock itself.
# So a lock of a day is valid, with exit 0, and lockfile-create without retries fails; the second look finds it stale. On a
# file system without times of access (`noatime`) the first answer is right, too, and one that tests there sees nothing.
# Needs root, for a folder tree and file systems in memory of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 lockfile-progs=0.2.0 liblockfile1=1.17-2 mount <<'RUN'
mkdir -p /mnt
lock() {
  rm -f /mnt/mbox.lock
  lockfile-create /mnt/mbox
  touch -d "$1 ago" /mnt/mbox.lock
}
for option in relatime noatime; do
  mount -t tmpfs -o $option none /mnt
  for age in '1 minute' '6 minutes' '1 day'; do
    answers= attempts=
    lock "$age"
    for try in 1 2 3; do lockfile-check /mnt/mbox && answers="$answers valid" || answers="$answers stale"; done
    lock "$age"
    for try in 1 2; do lockfile-create --retry 0 /mnt/mbox 2>/dev/null && { attempts="$attempts done"; break; } || attempts="$attempts locked"; done
    echo "$option, $age: lockfile-check$answers; lockfile-create$attempts"
  done
  umount /mnt
done
RUN
)
echo 'lockfile-progs 0.2.0, liblockfile 1.17'
echo "$seen"
[ "$seen" = 'relatime, 1 minute: lockfile-check valid valid valid; lockfile-create locked locked
relatime, 6 minutes: lockfile-check valid stale stale; lockfile-create locked done
relatime, 1 day: lockfile-check valid stale stale; lockfile-create locked done
noatime, 1 minute: lockfile-check valid valid valid; lockfile-create locked locked
noatime, 6 minutes: lockfile-check stale stale stale; lockfile-create done
noatime, 1 day: lockfile-check stale stale stale; lockfile-create done' ] || { echo 'changed' >&2; exit 1; }

#!/bin/bash
# One lab host's power supply: boots it, and again when it asks for a reboot, until it halts or is switched off.
# usage: LAB=… supervise.sh HOST
set -uo pipefail
host=$1
# Nothing that the caller holds open, its lock above all, is to live as long as the host does.
for descriptor in /proc/$$/fd/*; do
  descriptor=${descriptor##*/}
  [ "$descriptor" -le 2 ] || [ "$descriptor" = 255 ] || eval "exec $descriptor>&-"
done
. "$(dirname "$0")/settings.sh"
. "$lab_files/host.sh"
stamp $$ >"$state/$host/supervisor"
while :; do
  unshare --mount --net --pid --uts --ipc --fork --kill-child=KILL -- "$lab_files/enter.sh" "$host"
  [ $? = 3 ] || exit # 3: /sbin/init was told to reboot
done

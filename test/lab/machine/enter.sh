#!/bin/bash
# First process in a lab host's new namespaces: plugs its interfaces in, builds its root and becomes its init.
# usage: LAB=… enter.sh HOST
set -euo pipefail
host=$1
. "$(dirname "$0")/settings.sh"
. "$lab_files/network.sh"
. "$lab_files/host.sh"

# The host says that it is ready through this descriptor, which leads nowhere else, and only once it runs: the first file
# of that name was another boot's.
rm -f "$state/$host/ready"
exec 8>"$state/$host/ready"
# /proc is still the outer one, so this is the outer pid.
read -r self _ </proc/self/stat
stamp "$self" >"$state/$host/init"
[ "$host" = internet ] || "$lab_files/disk" record "$state/$host/disk" "$state/$host/record"

for port in ${ports[$host]}; do plug "$host" "${port%=*}" "${port#*=}"; done
ip link set lo name lo0
ip link set lo0 up
# Some of these are inherited from the machine. ifconfig sees to duplicate addresses itself.
echo 0 | tee /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding \
  /proc/sys/net/ipv4/conf/{all,default,vio*}/rp_filter /proc/sys/net/ipv6/conf/{default,vio*}/{accept_dad,accept_ra} >/dev/null
# An interface that is down keeps its addresses, as it does in BSD.
echo 1 | tee /proc/sys/net/ipv6/conf/{all,default,vio*}/keep_addr_on_down >/dev/null
# The other addresses of a network stay when the first one is deleted.
echo 1 | tee /proc/sys/net/ipv4/conf/{all,default,vio*}/promote_secondaries >/dev/null
# TCP asks again after a second at least, and after ever longer (tcp_timer.h); older kernels know neither.
{ echo 1000000 >/proc/sys/net/ipv4/tcp_rto_min_us; echo 0 >/proc/sys/net/ipv4/tcp_syn_linear_timeouts; } 2>/dev/null || :

root=$state/$host/root
if [ "$host" = internet ]; then lower=$state/layers/internet:$tree; else lower=$state/layers/$host:$state/base; fi
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$state/$host/disk,workdir=$state/$host/work" "$root"
mkdir -p "$root/mnt"
cd "$root"
if [ "$host" != internet ]; then
  mount --bind "$tree" .lab
  mount -o remount,bind,ro .lab
fi
mount -t tmpfs -o mode=755 tmpfs dev
for device in 'null 1 3' 'zero 1 5' 'full 1 7' 'random 1 8' 'urandom 1 9' 'tty 5 0'; do
  set -- $device
  mknod -m 666 "dev/$1" c "$2" "$3"
done
mkdir -p dev/net dev/pts dev/shm
mknod -m 600 dev/net/tun c 10 200
if [ "$host" != internet ]; then
  mkdir -p -m 700 dev/.disk dev/.disk/data dev/.disk/record
  mount --bind "$state/$host/disk" dev/.disk/data
  mount -o remount,bind,ro dev/.disk/data
  mount --bind "$state/$host/record" dev/.disk/record
fi
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=4 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t proc proc proc
pivot_root . mnt
cd /
if [ "$host" = internet ]; then bin=/usr/bin init=/usr/local/lab/init; else bin=/.lab/usr/bin init=/sbin/init; fi
"$bin/umount" -l /mnt
# Whatever the host writes is its own: never this machine's /dev.
[ "$("$bin/stat" -fc %T /dev)" = tmpfs ] && [ "$("$bin/stat" -c %d /dev)" != "$("$bin/stat" -c %d /)" ] || exit 1
exec "$bin/env" -i "$init"

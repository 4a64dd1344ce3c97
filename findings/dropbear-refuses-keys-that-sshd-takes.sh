#!/bin/sh
# Dropbear refuses a key that has a blank before it in authorized_keys, or two behind its type, and keys with from= or `restrict,pty`.
#
# One would guess: an authorized_keys that has served with sshd lets the same people in on a router or in an initramfs with
# Dropbear; of the options it has the simple ones, and it says which line it can't read.
# It is: sshd passes over blanks before a key and between its fields, as aligned columns have them. To Dropbear such a line has no
# key, and its log has no word of it. Each of `from=`, `expiry-time=`, `environment=` and `restrict,pty` makes a key invalid,
# which is logged as "Bad public key options". `restrict` alone and permitopen= are fine.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 dropbear-bin=2025.89-1~deb13u1 'openssh-server=1:10.0p1-7+deb13u4' \
  'openssh-client=1:10.0p1-7+deb13u4' <<'RUN'
export LC_ALL=C HOME=/root
cd /tmp
echo "$(dropbear -V 2>&1), $(ssh -V 2>&1)" >&2
echo sshd:x:110:65534::/run/sshd:/bin/sh >>/etc/passwd
mkdir -p /run/sshd
mkdir -m 700 /root/.ssh
chown 0:0 /root
for name in host user; do ssh-keygen -q -t ed25519 -N '' -C comment -f $name; done
dropbearconvert openssh dropbear host host.dropbear 2>/dev/null
/usr/sbin/sshd -f /dev/null -D -h /tmp/host -o ListenAddress=127.0.0.1:2201 -o PermitUserEnvironment=yes 2>/dev/null &
dropbear -F -E -p 127.0.0.1:2202 -r host.dropbear 2>log &
for port in 2201 2202; do for try in $(seq 50); do ssh-keyscan -p $port 127.0.0.1 2>/dev/null | grep -q ed25519 && break; sleep 0.2; done; done
ask() {
  : >log
  echo "$1" >/root/.ssh/authorized_keys
  chmod 600 /root/.ssh/authorized_keys
  printf '%s:' "$(echo "$1" | sed 's/AAAA[^ ]*/AAAA.../')"
  for port in 2201 2202; do
    printf ' %s' "$(ssh -F none -i user -p $port -o BatchMode=yes -o LogLevel=ERROR -o StrictHostKeyChecking=no root@127.0.0.1 echo in 2>/dev/null ||
      echo refused)"
  done
  sleep 0.2
  echo "$(tr -d '\0' <log | sed -n 's/.* Bad public key options .*/, bad options/p')"
}
key=$(cat user.pub)
ask "$key"
ask " $key"
ask "$(echo "$key" | sed 's/ /  /')"
for options in restrict 'permitopen="localhost:25"' restrict,pty 'from="127.0.0.1"' 'expiry-time="20991231"' 'environment="A=b"'; do ask "$options $key"; done
RUN
)
echo "$seen"
[ "$seen" = 'ssh-ed25519 AAAA... comment: in in
 ssh-ed25519 AAAA... comment: in refused
ssh-ed25519  AAAA... comment: in refused
restrict ssh-ed25519 AAAA... comment: in in
permitopen="localhost:25" ssh-ed25519 AAAA... comment: in in
restrict,pty ssh-ed25519 AAAA... comment: in refused, bad options
from="127.0.0.1" ssh-ed25519 AAAA... comment: in refused, bad options
expiry-time="20991231" ssh-ed25519 AAAA... comment: in refused, bad options
environment="A=b" ssh-ed25519 AAAA... comment: in refused, bad options' ] || { echo 'changed' >&2; exit 1; }

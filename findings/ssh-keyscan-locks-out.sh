#!/bin/sh
# sshd refuses the logins of an address that has run ssh-keyscan five times; to sshguard two runs are an attack.
#
# One would guess: ssh-keyscan(1) only reads public keys, logs nobody in and fails at nothing; a script may run it before each
# ssh(1), or a monitor every minute.
# It is: it makes five connections, one for each type of key (two of them with types that no sshd has by default), and ends each
# without a login. sshd, since OpenSSH 9.8 (OpenBSD 7.6), counts a second for each (PerSourcePenalties, noauth:1s) and from 15 on
# refuses all connections of the address for so long: the next ssh with a valid key ends at once, and so does ssh-keyscan,
# without a key. sshguard gives 26 points for a run; 30, the default, block the address.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 'openssh-server=1:10.0p1-7*' 'openssh-client=1:10.0p1-7*' sshguard=2.4.3-1 <<'RUN'
export LC_ALL=C PATH=/usr/sbin:/usr/bin
{ ssh -V 2>&1 | sed 's/ .*//'; echo sshguard 2.4.3; } >&2
mkdir -p /run/sshd /etc/ssh /root/.ssh
chmod 700 /root /root/.ssh
echo 'sshd:x:110:65534::/run/sshd:/bin/false' >>/etc/passwd
for type in rsa ecdsa ed25519; do
  ssh-keygen -q -t $type -N '' -f /etc/ssh/key_$type
  echo "HostKey /etc/ssh/key_$type"
done >/etc/ssh/sshd_config
echo 'PermitRootLogin yes' >>/etc/ssh/sshd_config
ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys
/usr/sbin/sshd -D -e 2>>/tmp/log &
login() { ssh -n -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR root@127.0.0.1 echo works 2>/dev/null || echo "exit $?"; }
scan() { ssh-keyscan 127.0.0.1 2>/dev/null | cut -d ' ' -f 2 | sort -u | wc -l; }
for try in $(seq 50); do [ "$(login)" = works ] && break; sleep 0.2; done
: >/tmp/log
scan >/dev/null
sleep 1
sed 's/^/Nov 28 09:00:00 mimando sshd[1]: /' /tmp/log | /usr/libexec/sshguard/sshg-parser | cut -d ' ' -f 4 | sort -n |
  tr '\n' '+' | sed 's/^/a run of ssh-keyscan to sshguard: /; s/+$/\n/'
for run in 2 3 4 5; do scan >/tmp/keys; done
echo "after five runs: ssh-keyscan $(cat /tmp/keys) keys, login $(login)"
grep -o 'penalty: .*' /tmp/log | sort -u
for try in $(seq 120); do [ "$(login)" = works ] && break; sleep 1; done
echo "later: login $(login)"
RUN
)
echo "$seen"
[ "$seen" = 'a run of ssh-keyscan to sshguard: 2+2+2+10+10
after five runs: ssh-keyscan 0 keys, login exit 255
penalty: connections without attempting authentication
later: login works' ] || { echo 'changed' >&2; exit 1; }

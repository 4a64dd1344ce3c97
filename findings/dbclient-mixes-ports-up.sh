#!/bin/sh
# dbclient (Dropbear) writes the key of port 2201 into known_hosts as that of port 22, and ssh(1) then warns of an attack on port 22.
#
# One would guess: dbclient reads and writes ~/.ssh/known_hosts, the file of ssh(1), in its form: `[host]:port` for a port other than 22
# (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). So two hosts behind one gateway, with a port forwarded to each, are two.
# It is: dbclient looks for the bare name, whatever the port. A key that is in the file it does not find, and asks; the answer (here -y)
# adds a line for the bare name, and from then on the second host is a "host key mismatch". To ssh(1) the bare name is port 22, so it
# now warns of an attack on the gateway itself, which dbclient has never seen. dbclient(1) does not speak of ports there. It is
# the ssh of OpenWrt, which many gateways run.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 'openssh-server=1:10.0p1-7*' 'openssh-client=1:10.0p1-7*' dropbear-bin=2025.89-1~deb13u1 netcat-openbsd=1.229-1 <<'RUN'
export LC_ALL=C HOME=/root
{ dbclient -V; ssh -V; } 2>&1 >&2
echo sshd:x:110:65534::/run/sshd:/bin/sh >>/etc/passwd
mkdir -p /run/sshd
mkdir -m 700 /root/.ssh
cd /tmp
for port in 22 2201 2202; do
  ssh-keygen -q -t ed25519 -N '' -f key$port
  /usr/sbin/sshd -D -f /dev/null -h /tmp/key$port -p $port -o PerSourcePenalties=no -o PasswordAuthentication=no -o KbdInteractiveAuthentication=no 2>/dev/null &
done
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 22 && nc.openbsd -z 127.0.0.1 2201 && nc.openbsd -z 127.0.0.1 2202 && break; sleep 0.2; done 2>/dev/null
# What became of the test of the host's key; nobody may log in.
try() {
  code=0
  case $1 in
    ssh) timeout 20 ssh -o BatchMode=yes -p $2 jay@127.0.0.1 true >said 2>&1 </dev/null || code=$? ;;
    *) timeout 20 $1 -p $2 jay@127.0.0.1 true >said 2>&1 </dev/null || code=$? ;;
  esac
  echo "$1 port $2: $(tr -d '\r' <said | grep -o 'IDENTIFICATION HAS CHANGED\|host key mismatch\|not in the trusted\|accepted unconditionally\|Permission denied\|No auth methods.*' | tr '\n' ';')"
}
known() { while read -r name _ key; do for port in 22 2201 2202; do grep -q "$key" key$port.pub && echo "  known_hosts: $name has the key of port $port"; done; done <~/.ssh/known_hosts; }
for port in 2201 2202; do echo "[127.0.0.1]:$port $(cut -d ' ' -f 1,2 key$port.pub)"; done >~/.ssh/known_hosts
known
for port in 2201 2202; do try ssh $port; done
for port in 2201 2202; do try dbclient $port; try "dbclient -y" $port; done
known
try ssh 22
RUN
)
echo "$seen"
[ "$seen" = 'Dropbear v2025.89
OpenSSH_10.0p2 Debian-7+deb13u4, OpenSSL 3.5.9 29 Sep 2026
  known_hosts: [127.0.0.1]:2201 has the key of port 2201
  known_hosts: [127.0.0.1]:2202 has the key of port 2202
ssh port 2201: Permission denied;
ssh port 2202: Permission denied;
dbclient port 2201: not in the trusted;
dbclient -y port 2201: accepted unconditionally;No auth methods could be used.;
dbclient port 2202: host key mismatch;
dbclient -y port 2202: host key mismatch;
  known_hosts: [127.0.0.1]:2201 has the key of port 2201
  known_hosts: [127.0.0.1]:2202 has the key of port 2202
  known_hosts: 127.0.0.1 has the key of port 2201
ssh port 22: IDENTIFICATION HAS CHANGED;' ] || { echo 'changed' >&2; exit 1; }

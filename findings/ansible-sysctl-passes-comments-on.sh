#!/bin/sh
# Ansible's sysctl module, on OpenBSD, hands the comments of sysctl.conf to sysctl(8) as part of the values.
#
# One would guess: the module reads sysctl.conf(5) as it is read at the boot, where comments are cut; OpenBSD's example has one
# after each setting. A task for one setting applies that one.
# It is: the comment is taken for a part of the value. A task that sets a value which the file has already is "changed", and the
# comment gone. And with `reload`, the default, each change applies every line of the file, so sysctl(8) is called for
# `net.inet.ip.forwarding=1 # 1=Permit ...`, which it calls an invalid value, with exit code 0: the task is fine, and the
# setting is not made until the next boot.
# OpenBSD is played here: Python is told the name of the system, and `sysctl` notes its words and says 1.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 ansible=12.0.0+dfsg-0+deb13u1 ansible-core=2.19.11-0+deb13u1 libc-bin <<'RUN'
export LC_ALL=C.UTF-8 HOME=/root PATH=/tmp/bin:/usr/sbin:/usr/bin ANSIBLE_LOCALHOST_WARNING=False ANSIBLE_NOCOLOR=1 \
  ANSIBLE_PYTHON_INTERPRETER=/usr/bin/python3 PYTHONPATH=/tmp/python
ansible --version | sed -n 1p >&2
mkdir -p /dev/shm /tmp/bin /tmp/python
echo 'import platform; platform.system = lambda: "OpenBSD"' >/tmp/python/sitecustomize.py
printf '%s\n' '#!/bin/sh' 'for word; do printf " [%s]" "$word"; done >>/tmp/called' 'echo >>/tmp/called' 'echo 1' >/tmp/bin/sysctl
chmod +x /tmp/bin/sysctl
printf '%s\n' 'net.inet.ip.forwarding=1 # 1=Permit forwarding (routing) of IPv4 packets' >/etc/sysctl.conf
apply() {
  : >/tmp/called
  ansible -i localhost, -c local all -m ansible.posix.sysctl -a "name=$1 value=1" 2>/dev/null | sed -n "s/^localhost | \([A-Z]*\).*/$1: \1/p"
  sed 's/^/  sysctl/' /tmp/called
  sed 's/^/  in the file: /' /etc/sysctl.conf
}
apply net.inet6.ip6.forwarding
apply net.inet.ip.forwarding
RUN
)
echo "$seen"
[ "$seen" = 'net.inet6.ip6.forwarding: CHANGED
  sysctl [-n] [net.inet6.ip6.forwarding]
  sysctl [net.inet.ip.forwarding=1 # 1=Permit forwarding (routing) of IPv4 packets]
  sysctl [net.inet6.ip6.forwarding=1]
  in the file: net.inet.ip.forwarding=1 # 1=Permit forwarding (routing) of IPv4 packets
  in the file: net.inet6.ip6.forwarding=1
net.inet.ip.forwarding: CHANGED
  sysctl [-n] [net.inet.ip.forwarding]
  sysctl [net.inet6.ip6.forwarding=1]
  sysctl [net.inet.ip.forwarding=1]
  in the file: net.inet.ip.forwarding=1
  in the file: net.inet6.ip6.forwarding=1' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# paramiko, adding a host to known_hosts, takes away its @cert-authority lines and comments.
#
# One would guess: a program that meets an unknown host adds its key (AutoAddPolicy with load_host_keys does so, and HostKeys.save)
# and leaves the other lines as they are: "The order of keys in the file will be preserved when possible", says save().
# It is: paramiko writes the whole file from what it has understood. A line of a certificate authority (sshd(8)) is not among
# that, so afterwards ssh(1) knows none of the hosts that it vouched for. Nothing is reported. For paramiko itself a line
# `*.lan` is the name of one host: it does not find the key of gw.lan there.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 python3-paramiko=3.5.1-3 'openssh-client=1:10.0p1-7*' <<'RUN'
export LC_ALL=C
python3 -c 'import paramiko; print("paramiko", paramiko.__version__)' >&2
ssh-keygen -q -t ed25519 -N '' -f key
key=$(cut -d ' ' -f 1,2 key.pub)
printf '%s\n' '# our own hosts' "mx1.example.com,192.0.2.25 $key" "@cert-authority *.example.net $key" "*.lan $key" >known_hosts
know() {
  for host in mx1.example.com mx1.example.net gw.lan; do
    echo "  $host: ssh-keygen -F $(ssh-keygen -F $host -f known_hosts >/dev/null && echo finds it || echo finds nothing)," \
      "paramiko $(python3 -c 'import paramiko, sys; print("finds it" if paramiko.HostKeys("known_hosts").lookup(sys.argv[1]) else "finds nothing")' $host)"
  done
  sed 's/ ssh-ed25519.*//; s/^/  > /' known_hosts
}
echo 'before'
know
python3 <<'PY'
import paramiko
keys = paramiko.HostKeys('known_hosts')
keys.add('new.example.com', 'ssh-ed25519', paramiko.Ed25519Key(filename='key'))
keys.save('known_hosts')
PY
echo 'after new.example.com was added'
know
RUN
)
echo "$seen"
[ "$seen" = 'before
  mx1.example.com: ssh-keygen -F finds it, paramiko finds it
  mx1.example.net: ssh-keygen -F finds it, paramiko finds nothing
  gw.lan: ssh-keygen -F finds it, paramiko finds nothing
  > # our own hosts
  > mx1.example.com,192.0.2.25
  > @cert-authority *.example.net
  > *.lan
after new.example.com was added
  mx1.example.com: ssh-keygen -F finds it, paramiko finds it
  mx1.example.net: ssh-keygen -F finds nothing, paramiko finds nothing
  gw.lan: ssh-keygen -F finds it, paramiko finds nothing
  > mx1.example.com,192.0.2.25
  > *.lan
  > new.example.com' ] || { echo 'changed' >&2; exit 1; }

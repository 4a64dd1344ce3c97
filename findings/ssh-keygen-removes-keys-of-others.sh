#!/bin/sh
# `ssh-keygen -R mx1.example.com` also takes away the keys of other hosts: of names on the same line and of `*.example.com`.
#
# One would guess, from ssh-keygen(1): the keys of the one name are removed, from a line with several names just the name.
# It is: every line whose patterns match goes as a whole. After a new key for one host all hosts that a wildcard vouched
# for are unknown, and so are `relay` and its address that shared the line. A line of @cert-authority stays. And for the
# port's default no key is found at all: `-R '[mx1.example.com]:22'` removes nothing, and says so with exit 0.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 'openssh-client=1:10.0p1-7*' <<'RUN'
ssh -V 2>&1 | sed 's/ .*//' >&2
ssh-keygen -q -t ed25519 -N '' -f key
key=$(cut -d ' ' -f 1,2 key.pub)
for name in '[mx1.example.com]:22' mx1.example.com; do
  for hosts in mx1.example.com,relay,192.0.2.25 '*.example.com' '@cert-authority *.example.com' '[mx1.example.com]:2222'; do
    echo "$hosts $key"
  done >known_hosts
  ssh-keygen -R "$name" -f known_hosts >/dev/null 2>&1
  echo "-R $name: exit $?, left:"
  sed 's/ ssh-ed25519.*//' known_hosts
done
RUN
)
echo "$seen"
[ "$seen" = '-R [mx1.example.com]:22: exit 0, left:
mx1.example.com,relay,192.0.2.25
*.example.com
@cert-authority *.example.com
[mx1.example.com]:2222
-R mx1.example.com: exit 0, left:
@cert-authority *.example.com
[mx1.example.com]:2222' ] || { echo 'changed' >&2; exit 1; }

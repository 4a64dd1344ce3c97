#!/bin/sh
# sshfp makes an SSHFP record of a name that a line of known_hosts excludes, and none of the second name on a line.
#
# One would guess: `sshfp -k FILE -a` ("all hosts in the known_hosts file") finds the hosts that ssh(1) finds in the file:
# each name of a list with commas, but not one behind a `!`, and the name alone of `[name]:port` (sshd(8),
# SSH_KNOWN_HOSTS FILE FORMAT); what can't be a record is refused.
# It is: of each line the text before the first comma is the host, whatever it is. `!old.example.com,mx2.example.com` becomes
# a record of "!old.example.com", and mx2 has none; that of `[mx3.example.com]:2222` has the brackets and the port
# in its owner. A name that is second on its line is not found when it is asked for either: no record, exit 0.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 hash-slinger=3.1-1.2 openssh-client <<'RUN'
cd /root
ssh-keygen -q -t ed25519 -N '' -f key
key=$(cut -d ' ' -f 1,2 key.pub)
for names in mx1.example.com,relay.example.com '!old.example.com,mx2.example.com' '[mx3.example.com]:2222'; do
  echo "$names $key"
done >known_hosts
sshfp --version >&2
echo 'all:'
sshfp -k known_hosts -a | sed 's/ IN SSHFP 4 2 .*/ IN SSHFP 4 2 …/; s/^/  /'
for name in mx1 relay old mx2; do
  name=$name.example.com
  ssh=no; ssh-keygen -F "$name" -f known_hosts >/dev/null && ssh=yes
  echo "$name: known to ssh: $ssh, records of sshfp: $(sshfp -k known_hosts "$name" | grep -c SSHFP), exit $(sshfp -k known_hosts "$name" >/dev/null; echo $?)"
done
RUN
)
echo "$seen"
[ "$seen" = 'all:
  !old.example.com IN SSHFP 4 2 …
  [mx3.example.com]:2222 IN SSHFP 4 2 …
  mx1.example.com IN SSHFP 4 2 …
mx1.example.com: known to ssh: yes, records of sshfp: 1, exit 0
relay.example.com: known to ssh: yes, records of sshfp: 0, exit 0
old.example.com: known to ssh: no, records of sshfp: 0, exit 0
mx2.example.com: known to ssh: yes, records of sshfp: 0, exit 0' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# One key of today's authorized_keys makes Augeas hide all keys of the file, with exit 0.
#
# One would guess: augtool shows the keys of a file that sshd(8) reads, or says with its exit code that it could not.
# It is: the lens Authorized_Keys of Augeas 1.14.1 has a list of options and of key types. `restrict`, `expiry-time=`,
# `agent-forwarding` and keys of the types sk-ssh-ed25519@openssh.com and sk-ecdsa-sha2-nistp256@openssh.com are not in it,
# although sshd(8) documents them since 2016 to 2020. A file with one of them has no key at all: `augtool match` answers
# "(no matches)" with exit 0, as for an empty file. The error is in another tree, /augeas//error.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 augeas-tools=1.14.1-1.1~deb13u1 augeas-lenses=1.14.1-1.1~deb13u1 openssh-client <<'RUN'
augtool --version >&2
ssh -V
mkdir -p /tmp/keys
cd /tmp/keys
key='ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGx7n8wZ3q9k1v0Yk1YJb8vYw3rN7sQh3J0o1xqg9z0A'
touched='sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIGx7n8wZ3q9k1v0Yk1YJb8vYw3rN7sQh3J0o1xqg9z0AAAAABHNzaDo='
look() {
  printf '%s\n' "$key jay" "$1" >authorized_keys
  found=$(augtool -r /tmp/keys -A -t 'Authorized_Keys incl /authorized_keys' match /files/authorized_keys/key) && code=0 || code=$?
  printf '%s: ' "$(echo "$1" | sed 's/ AAAA[^ ]*//')"
  echo "ssh-keygen $(ssh-keygen -lf authorized_keys | wc -l) keys, Augeas $(echo "$found" | grep -c /key) keys, exit $code"
}
look "no-pty,from=\"192.0.2.1\" $key alice"
look "restrict $key alice"
look "no-pty,agent-forwarding $key alice"
look "expiry-time=\"20301231\" $key alice"
look "$touched alice"
RUN
)
echo "$seen"
[ "$seen" = 'no-pty,from="192.0.2.1" ssh-ed25519 alice: ssh-keygen 2 keys, Augeas 2 keys, exit 0
restrict ssh-ed25519 alice: ssh-keygen 2 keys, Augeas 0 keys, exit 0
no-pty,agent-forwarding ssh-ed25519 alice: ssh-keygen 2 keys, Augeas 0 keys, exit 0
expiry-time="20301231" ssh-ed25519 alice: ssh-keygen 2 keys, Augeas 0 keys, exit 0
sk-ssh-ed25519@openssh.com alice: ssh-keygen 2 keys, Augeas 0 keys, exit 0' ] || { echo 'changed' >&2; exit 1; }

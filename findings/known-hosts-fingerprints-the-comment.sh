#!/bin/sh
# known-hosts (npm) gives one key two fingerprints: one without, one with a comment behind it in known_hosts.
#
# One would guess: the fingerprint is the key's (its README: as in the prompt of ssh), and comment lines and
# markers (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT) are not hosts.
# It is: the fingerprint is of the last word of the line. The same key looks changed as soon as somebody notes where it
# came from, and all keys with the same note look alike. A comment line is a host named `#`, and a key
# marked @revoked belongs to a host named `@revoked`.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund known-hosts@0.1.0 >/dev/null
ssh-keygen -q -t ed25519 -N '' -f key
key=$(cut -d ' ' -f 1,2 key.pub)
mkdir -p home/.ssh
printf '%s\n' "relay $key" "relay $key seen at the console" '# gateways' "@revoked carinho $key" >home/.ssh/known_hosts
cat >run.cjs <<'JS'
const { execFileSync } = require('node:child_process');
const ssh = execFileSync('ssh-keygen', ['-l', '-E', 'md5', '-f', 'key.pub'], { encoding: 'utf8' }).split(' ')[1].slice(4).replaceAll(':', '');
for (const { host, fingerprint } of require('known-hosts')) console.log(`${host}: ${fingerprint === ssh ? "ssh-keygen's" : 'another'} fingerprint`);
JS
echo "known-hosts $(node -p "require('./node_modules/known-hosts/package.json').version")"
seen=$(HOME=$dir/home node run.cjs)
echo "$seen"
[ "$seen" = "relay: ssh-keygen's fingerprint
relay: another fingerprint
#: another fingerprint
@revoked: ssh-keygen's fingerprint" ] || { echo 'changed' >&2; exit 1; }

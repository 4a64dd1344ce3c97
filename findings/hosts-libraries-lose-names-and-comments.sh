#!/bin/sh
# hosts-parser (npm) finds no name that hosts(5) has in capitals, and hostile (npm) loses comments of hosts(5).
#
# One would guess: capitals make no difference, as they make none for the resolver (RFC 4343), and a library that replaces
# one address leaves what stands behind other entries.
# It is: neither. hostile, in its mode that keeps the format, keeps whole lines of comment but not a comment behind an entry.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund hosts-parser@0.3.2 hostile@1.4.0 >/dev/null
cat >hosts <<'HOSTS'
# the house
192.0.2.1 Mail.example.com mail
192.0.2.2 printer.example.com	# until the move
HOSTS
cat >run.cjs <<'JS'
const text = require('node:fs').readFileSync('hosts', 'utf8');
const { Hosts } = require('hosts-parser');
for (const name of ['mail', 'mail.example.com']) console.log(`hosts-parser, ${name}: ${new Hosts(text).resolve(name)}`);
for (const line of require('hostile').getFile('hosts', true)) console.log(`hostile: ${[line].flat().join(' ')}`);
JS
for name in hosts-parser hostile; do echo "$name $(node -p "require('$name/package.json').version")"; done
seen=$(node run.cjs
unshare -m sh -c 'mount --bind hosts /etc/hosts; echo "getent, mail.example.com: $(getent hosts mail.example.com | sed "s/ .*//")"')
echo "$seen"
[ "$seen" = 'hosts-parser, mail: 192.0.2.1
hosts-parser, mail.example.com: undefined
hostile: # the house
hostile: 192.0.2.1 Mail.example.com mail
hostile: 192.0.2.2 printer.example.com
hostile: 
getent, mail.example.com: 192.0.2.1' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# wireguard-tools (npm) reads a configuration of wg(8), writes it again, and parts of a peer are gone.
#
# One would guess: PersistentKeepalive, an IPv6 endpoint in brackets and a second AllowedIPs line, all in wg(8), are
# kept or refused.
# It is: each of them is dropped without a word. The tunnel that comes back up has no keepalive, does not know where an
# IPv6 peer is, and routes one address less.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund wireguard-tools@0.1.0 >/dev/null
cat >run.cjs <<'JS'
const { parseConfigString, generateConfigString } = require('wireguard-tools');
const head = ['[Interface]', 'PrivateKey = cETfCpSdWS70vRoFbIZgSAIuQzPr4aDkHhP1+Oc9JWY=', 'Address = 2001:db8:c1da::2/64', '',
  '[Peer]', 'PublicKey = OcB6ZyVbFze9o2yuIfhI0UU4x1gR2z9ovaYmMfQ4NxY='];
const show = lines => {
  const written = generateConfigString(parseConfigString([...head, ...lines, ''].join('\n')));
  for (const line of lines) console.log(written.includes(line.split(' = ')[1]) ? 'kept' : 'gone', line);
};
show(['AllowedIPs = 2001:db8:c1da::1/128', 'Endpoint = 192.0.2.25:6900', 'PersistentKeepalive = 15']);
show(['AllowedIPs = 2001:db8:c1da::1/128', 'AllowedIPs = 10.1.0.1/32', 'Endpoint = [2001:db8::25]:6900']);
JS
echo "wireguard-tools $(node -p "require('wireguard-tools/package.json').version")"
seen=$(node run.cjs)
echo "$seen"
[ "$seen" = 'kept AllowedIPs = 2001:db8:c1da::1/128
kept Endpoint = 192.0.2.25:6900
gone PersistentKeepalive = 15
kept AllowedIPs = 2001:db8:c1da::1/128
gone AllowedIPs = 10.1.0.1/32
gone Endpoint = [2001:db8::25]:6900' ] || { echo 'changed: other lines survive now' >&2; exit 1; }

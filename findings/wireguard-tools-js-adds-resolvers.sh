#!/bin/sh
# wireguard-tools.js (npm) reads a configuration of wg-quick(8) and writes it again with two public resolvers in it.
#
# One would guess: what is not in the file stays out of it, and every line of a section is read.
# It is: where there is no DNS line, `DNS = 1.1.1.1, 8.8.8.8` appears, and wg-quick(8) then sends all names of the machine
# there. The last line of each section but the last is not read: here the port of the interface (0 is written, any port)
# and the preshared key of the first peer, so that its handshakes fail.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts wireguard-tools.js@1.8.1 >/dev/null
cat >wg0.conf <<'CONF'
[Interface]
PrivateKey = cETfCpSdWS70vRoFbIZgSAIuQzPr4aDkHhP1+Oc9JWY=
Address = 2001:db8:c1da::2/64
ListenPort = 6900

[Peer]
PublicKey = d5sqBNzn9Dq6JIpZFisax6IOIaMDfmJN74yDWWRr3NM=
AllowedIPs = 2001:db8:c1da::1/128
PresharedKey = T4aYMYipwKaRv82we/hYmEYG3YGEiJhLcdJbkQcT20U=

[Peer]
PublicKey = ELA4CLwFX/whEXz815NNmMvZ17oFLB0MjxVKgYx86nw=
AllowedIPs = 2001:db8:c1da::3/128
CONF
cat >run.mjs <<'JS'
import * as tools from 'wireguard-tools.js';
import { readFileSync } from 'node:fs';
const { parse, stringify } = tools.wgQuick ?? tools.default.wgQuick;
const read = readFileSync('wg0.conf', 'utf8');
const written = stringify(parse(read));
const lines = text => text.split('\n').filter(line => line !== '');
for (const line of lines(read)) if (!lines(written).includes(line)) console.log(`gone: ${line}`);
for (const line of lines(written)) if (!lines(read).includes(line)) console.log(`new: ${line}`);
JS
echo "wireguard-tools.js $(node -p "JSON.parse(require('fs').readFileSync('node_modules/wireguard-tools.js/package.json')).version")"
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = 'gone: ListenPort = 6900
gone: PresharedKey = T4aYMYipwKaRv82we/hYmEYG3YGEiJhLcdJbkQcT20U=
new: ListenPort = 0
new: DNS = 1.1.1.1, 8.8.8.8' ] || { echo 'changed' >&2; exit 1; }

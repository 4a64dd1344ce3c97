#!/bin/sh
# spf-check (npm) answers PermError for `exists:%{i}…` and for an unknown modifier, and TempError for a dual prefix.
#
# One would guess: it "implements check_host()", so all three records of RFC 7208 let their sender pass; whatever it does
# not know it would call an error of its own.
# It is: three forms that every receiver has to know (RFC 7208: macros in 7, `a:host/24//64` in 5.6, and unknown modifiers,
# which are to be ignored, in 6) are PermError or, as if DNS had failed, TempError. Who checks a domain with it is told
# that its published record is broken, or to try again, for ever.
# A name server on loopback answers for *.test.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund spf-check@0.4.3 dns-packet@5.6.1 >/dev/null
cat >run.cjs <<'JS'
const dns = require('node:dns');
const packet = require('dns-packet');
const check = require('spf-check');
const zone = {
  'plain.test TXT': ['v=spf1 ip4:192.0.2.9 -all'],
  'host.test TXT': ['v=spf1 a:mail.test -all'],
  'macro.test TXT': ['v=spf1 exists:%{i}.list.test -all'],
  'modifier.test TXT': ['v=spf1 ip4:192.0.2.9 op=later -all'],
  'prefixes.test TXT': ['v=spf1 a:mail.test/24//64 -all'],
  'mail.test A': ['192.0.2.9'],
  'mail.test AAAA': ['2001:db8::9'],
  '192.0.2.9.list.test A': ['127.0.0.2'],
};
const server = require('node:dgram').createSocket('udp4');
server.on('message', (message, { port, address }) => {
  const { id, questions } = packet.decode(message);
  const [{ name, type }] = questions;
  const answers = (zone[`${name} ${type}`] ?? []).map(data => ({ name, type, ttl: 1, data }));
  const rcode = Object.keys(zone).some(key => key.startsWith(`${name} `)) ? 0 : 3;
  const flags = packet.AUTHORITATIVE_ANSWER | packet.RECURSION_AVAILABLE | rcode;
  server.send(packet.encode({ type: 'response', id, flags, questions, answers }), port, address);
});
server.bind(0, '127.0.0.1', async () => {
  dns.setServers([`127.0.0.1:${server.address().port}`]);
  for (const name of ['plain', 'host', 'macro', 'modifier', 'prefixes'])
    console.log(`${zone[`${name}.test TXT`][0]}: ${await check('192.0.2.9', `${name}.test`, `a@${name}.test`)}`);
  server.close();
});
JS
echo "spf-check $(node -p "require('spf-check/package.json').version")"
seen=$(node run.cjs 2>/dev/null)
echo "$seen"
[ "$seen" = 'v=spf1 ip4:192.0.2.9 -all: Pass
v=spf1 a:mail.test -all: Pass
v=spf1 exists:%{i}.list.test -all: PermError
v=spf1 ip4:192.0.2.9 op=later -all: PermError
v=spf1 a:mail.test/24//64 -all: TempError' ] || { echo 'changed' >&2; exit 1; }

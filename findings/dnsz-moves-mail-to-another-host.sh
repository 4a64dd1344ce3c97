#!/bin/sh
# dnsz (npm) reads a zone with a second $ORIGIN and writes it back with the mail server and the SOA of another domain.
#
# One would guess: a zone file that is parsed and written back means the same; each name without a final dot belongs to
# the $ORIGIN above it (RFC 1035, 5.1).
# It is: dnsz makes the owner of each record absolute, but leaves the names in its data as they are, and writes all of it
# below the last $ORIGIN. Here the mail for example.com goes from mx1.example.com to mx1.lists.example.com. Nothing
# is reported.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund dnsz@4.5.2 >/dev/null
cat >zone <<'ZONE'
$ORIGIN example.com.
$TTL 3600
@ IN SOA ns1 hostmaster 2026112701 7200 900 1209600 3600
@ IN MX 10 mx1
mx1 IN A 192.0.2.1
$ORIGIN lists.example.com.
@ IN MX 10 mx1
mx1 IN A 192.0.2.7
ZONE
cat >run.mjs <<'JS'
import { readFileSync } from 'node:fs';
import { parseZone, stringifyZone } from 'dnsz';
const servers = text => {
  let origin = '';
  const absolute = name => (name === '@' ? origin : name.endsWith('.') ? name : `${name}.${origin}`);
  for (const line of text.split('\n')) {
    const words = line.replace(/;.*/, '').split(/\s+/);
    if (words[0] === '$ORIGIN') origin = words[1];
    if (words.includes('SOA')) console.log(`  SOA of ${absolute(words[0])}: ${absolute(words[words.indexOf('SOA') + 1])}`);
    if (words.includes('MX')) console.log(`  MX of ${absolute(words[0])}: ${absolute(words.at(-1))}`);
  }
};
const zone = readFileSync('zone', 'utf8');
console.log('read');
servers(zone);
console.log('written');
servers(stringifyZone(parseZone(zone)));
JS
echo "dnsz $(node -p "JSON.parse(fs.readFileSync('node_modules/dnsz/package.json')).version")"
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = 'read
  SOA of example.com.: ns1.example.com.
  MX of example.com.: mx1.example.com.
  MX of lists.example.com.: mx1.lists.example.com.
written
  SOA of example.com.: ns1.lists.example.com.
  MX of example.com.: mx1.lists.example.com.
  MX of lists.example.com.: mx1.lists.example.com.' ] || { echo 'changed' >&2; exit 1; }

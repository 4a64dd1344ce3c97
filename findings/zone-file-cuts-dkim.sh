#!/bin/sh
# zone-file (npm) reads a quoted TXT record up to its first semicolon.
#
# One would guess: in a quoted <character-string> a semicolon is text (RFC 1035, 5.1), so a DKIM or DMARC record comes
# back whole, or the parser complains.
# It is: the value ends before the first semicolon, silently. `v=DKIM1` without a key is what remains, and a check of
# published records built on it calls every DKIM and DMARC record of a zone broken.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund zone-file@1.0.0 >/dev/null
cat >zone <<'ZONE'
$ORIGIN example.com.
$TTL 3600
@ IN SOA ns.example.com. hostmaster.example.com. ( 1 2 3 4 5 )
_dmarc IN TXT "v=DMARC1; p=none; rua=mailto:postmaster@example.com"
s1._domainkey IN TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
ZONE
cat >run.cjs <<'JS'
const { parseZoneFile } = require('zone-file');
for (const { name, txt } of parseZoneFile(require('fs').readFileSync('zone', 'utf8')).txt) console.log(`${name} ${txt}`);
JS
echo "zone-file $(node -p "require('zone-file/package.json').version")"
seen=$(node run.cjs)
echo "$seen"
[ "$seen" = '_dmarc v=DMARC1
s1._domainkey v=DKIM1' ] || { echo 'changed: the values are no longer cut like this' >&2; exit 1; }

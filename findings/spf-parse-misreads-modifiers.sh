#!/bin/sh
# spf-parse (npm): a dual prefix is "an unknown term", a modifier behind `all` is "ignored", and all of it is `valid`.
#
# One would guess: `a/24//64` (an IPv4 and an IPv6 prefix, RFC 7208 5.6) is understood, `exp=` may stand anywhere
# (RFC 7208 6: modifiers are not evaluated in order), and `valid` is false where there is a message of type error.
# It is: none of the three.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund spf-parse@1.0.4 >/dev/null
cat >run.cjs <<'JS'
const loaded = require('spf-parse');
const parse = loaded.default ?? loaded;
for (const record of ['v=spf1 a/24//64 -all', 'v=spf1 mx -all exp=why.example.com']) {
  const { valid, messages = [] } = parse(record);
  console.log(`${record}: valid ${valid}; ${messages.map(({ type, message }) => `${type}: ${message}`).join('; ')}`);
}
JS
echo "spf-parse $(node -p "require('spf-parse/package.json').version")"
seen=$(node run.cjs)
echo "$seen"
[ "$seen" = "v=spf1 a/24//64 -all: valid true; error: Unknown standalone term 'a/24//64'
v=spf1 mx -all exp=why.example.com: valid true; warning: One or more mechanisms were found after the \"all\" mechanism. These mechanisms will be ignored" ] ||
  { echo 'changed' >&2; exit 1; }

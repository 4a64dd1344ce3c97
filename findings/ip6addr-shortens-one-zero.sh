#!/bin/sh
# ip6addr (npm) writes `::` for a single group of zeros; inet_ntop(3), and with it ifconfig(8) and DNS tools, do not.
#
# One would guess: two programs that both print "the short form" of an IPv6 address print the same text, so texts can
# be compared.
# It is: RFC 5952 (4.2.2) forbids `::` for one group only, and ip6addr does it nevertheless. Desired state compared with
# what the host prints differs for ever for such an address.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund ip6addr@0.2.5 >/dev/null
cat >run.cjs <<'JS'
const ip6addr = require('ip6addr');
const system = text => new URL(`http://[${text}]/`).hostname.slice(1, -1);
for (const text of ['2001:db8:0:1:1:1:1:1', '2001:db8:0:0:1:0:0:1'])
  console.log(`${text}: ip6addr ${ip6addr.parse(text).toString()}, RFC 5952 ${system(text)}`);
JS
echo "ip6addr $(node -p "require('ip6addr/package.json').version")"
seen=$(node run.cjs)
echo "$seen"
[ "$seen" = '2001:db8:0:1:1:1:1:1: ip6addr 2001:db8::1:1:1:1:1, RFC 5952 2001:db8:0:1:1:1:1:1
2001:db8:0:0:1:0:0:1: ip6addr 2001:db8::1:0:0:1, RFC 5952 2001:db8::1:0:0:1' ] || { echo 'changed' >&2; exit 1; }

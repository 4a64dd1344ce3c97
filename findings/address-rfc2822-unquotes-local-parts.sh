#!/bin/sh
# address-rfc2822 and email-addresses (npm) return "jay x"@example.com without its quotes, which is no address any more.
#
# One would guess: what a parser returns as the address can be sent to; the sister package address-rfc2821 for the
# envelope, of the same project, keeps the quotes (RFC 5322, 3.4.1: they make the local part, if it has a blank).
# It is: both take the quotes away and keep the rest, so that RCPT TO gets two words and the server a syntax error. Besides,
# address-rfc2822 makes "Jay Ex" of the name "Ex, Jay"; the other leaves it.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund address-rfc2822@2.2.4 address-rfc2821@2.2.1 email-addresses@5.0.0 >/dev/null
cat >run.cjs <<'JS'
const header = require('address-rfc2822');
const addresses = require('email-addresses');
const { Address } = require('address-rfc2821');
const quoted = '"jay x"@example.com';
console.log(`${quoted}: address-rfc2821 ${new Address(`<${quoted}>`).address()}, address-rfc2822 ${header.parse(quoted)[0].address}, ` +
  `email-addresses ${addresses.parseOneAddress(quoted).address}`);
const name = '"Ex, Jay" <jay@example.com>';
console.log(`${name}: address-rfc2822 ${header.parse(name)[0].name()}, email-addresses ${addresses.parseOneAddress(name).name}`);
JS
for name in address-rfc2822 address-rfc2821 email-addresses; do
  echo "$name $(node -p "JSON.parse(require('fs').readFileSync('node_modules/$name/package.json')).version")"
done
seen=$(node run.cjs)
echo "$seen"
[ "$seen" = '"jay x"@example.com: address-rfc2821 "jay x"@example.com, address-rfc2822 jay x@example.com, email-addresses jay x@example.com
"Ex, Jay" <jay@example.com>: address-rfc2822 Jay Ex, email-addresses Ex, Jay' ] || { echo 'changed' >&2; exit 1; }

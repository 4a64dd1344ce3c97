#!/bin/sh
# @openpgp/wkd-client (npm) looks for the key of jay@Example.com where a Web Key Directory made with gpg has none.
#
# One would guess: a key is found however the address is written: a domain has no case, and the folder on the server is named
# by it in small letters; of the local part only ASCII letters are made small (draft-koch-openpgp-webkey-service, 3.1).
# It is: wkd-client asks openpgpkey.example.com for /.well-known/openpgpkey/Example.com/..., as the domain was given, and a server
# of files has no such folder. What it asks next is example.com itself, which need not have a directory. Local parts it makes
# small with toLowerCase(), Ä as well as A, so for JÄRG@example.com it asks for another file than that of gpg-wks-client.
# Needs root, for a folder tree of its own.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund @openpgp/wkd-client@0.0.4 >/dev/null
printf '%s\n' jay@example.com Jay@example.com jay@Example.com JÄRG@example.com >addresses
{
  printf '%s\n' "cat >/tmp/addresses <<'LIST'"
  cat addresses
  echo LIST
  cat <<'RUN'
export LC_ALL=C.UTF-8 HOME=/root
gpg-wks-client --version | head -n 1 >&2
while read -r address; do gpg-wks-client --print-wkd-url "$address"; done </tmp/addresses
RUN
} | "$here/in-debian-13" gpg-wks-client=2.4.7-21+deb13u1+b5 gpg >published
cat >run.cjs <<'JS'
const { readFileSync } = require('node:fs');
const lines = name => readFileSync(name, 'utf8').trim().split('\n');
const place = url => [new URL(url).host, new URL(url).pathname].join('');
const published = lines('published').map(place);
const asked = [];
// The server has a file for each address, at the place that gpg-wks-client names for it.
globalThis.fetch = async url => {
  asked.push(place(url));
  return { status: published.includes(place(url)) ? 200 : 404, statusText: 'Not Found', arrayBuffer: async () => new ArrayBuffer(1) };
};
const WKD = require('@openpgp/wkd-client');
(async () => {
  for (const [at, email] of lines('addresses').entries()) {
    asked.length = 0;
    const found = await new WKD().lookup({ email }).then(() => 'found', ({ message }) => message);
    console.log([email, `  gpg-wks-client names ${published[at]}`, `  wkd-client asks ${asked[0]}: ${found}`].join('\n'));
  }
})();
JS
echo "@openpgp/wkd-client $(node -p "JSON.parse(require('fs').readFileSync('node_modules/@openpgp/wkd-client/package.json')).version")"
seen=$(node run.cjs)
echo "$seen"
[ "$seen" = 'jay@example.com
  gpg-wks-client names openpgpkey.example.com/.well-known/openpgpkey/example.com/hu/tx6t81soztf1ity7uati1wx8f1psfoik
  wkd-client asks openpgpkey.example.com/.well-known/openpgpkey/example.com/hu/tx6t81soztf1ity7uati1wx8f1psfoik: found
Jay@example.com
  gpg-wks-client names openpgpkey.example.com/.well-known/openpgpkey/example.com/hu/tx6t81soztf1ity7uati1wx8f1psfoik
  wkd-client asks openpgpkey.example.com/.well-known/openpgpkey/example.com/hu/tx6t81soztf1ity7uati1wx8f1psfoik: found
jay@Example.com
  gpg-wks-client names openpgpkey.example.com/.well-known/openpgpkey/example.com/hu/tx6t81soztf1ity7uati1wx8f1psfoik
  wkd-client asks openpgpkey.example.com/.well-known/openpgpkey/Example.com/hu/tx6t81soztf1ity7uati1wx8f1psfoik: Direct WKD lookup failed: Not Found
JÄRG@example.com
  gpg-wks-client names openpgpkey.example.com/.well-known/openpgpkey/example.com/hu/6ge1wmumeuzrcufywspniapmecgof1bn
  wkd-client asks openpgpkey.example.com/.well-known/openpgpkey/example.com/hu/3dcd5j81iq8i8tfawxpgziixeyja3kme: Direct WKD lookup failed: Not Found' ] || { echo 'changed' >&2; exit 1; }

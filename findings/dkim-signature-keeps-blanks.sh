#!/bin/sh
# dkim-signature (npm) reads `s=s1 ;` in a DKIM-Signature field as the selector "s1 ", and cuts `z=` at its colons.
#
# One would guess: blanks around a value belong to none of the tags, as RFC 6376 (3.2) says, and `z=` is a list of copied
# fields with a bar between them (3.5).
# It is: a blank before the semicolon becomes part of the domain and the selector, so the key is looked up under a name that
# does not exist, and a valid signature has none. A folded line is read well. `z=From:jay|To:bob` has three parts.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund dkim-signature@1.3.0 >/dev/null
cat >run.cjs <<'JS'
const Signature = require('dkim-signature');
const tags = { v: '1', a: 'rsa-sha256', d: 'example.com', s: 's1', h: 'From:To', z: 'From:jay|To:bob', bh: 'AAAA', b: 'AAAA' };
for (const end of [';', ' ;', '\r\n ;']) {
  const text = Object.entries(tags).map(([tag, value]) => `${tag}=${value}`).join(`${end} `);
  const { domain, selector, copiedHeaders } = Signature.parse(text);
  console.log(JSON.stringify([end.length, domain, selector, copiedHeaders]));
}
JS
echo "dkim-signature $(node -p "require('dkim-signature/package.json').version")"
seen=$(node run.cjs)
echo "$seen"
[ "$seen" = '[1,"example.com","s1",["From","jay|To","bob"]]
[2,"example.com ","s1 ",["From","jay|To","bob"]]
[4,"example.com","s1",["From","jay|To","bob"]]' ] || { echo 'changed: the fields are read otherwise now' >&2; exit 1; }

#!/bin/sh
# mailparser (npm) reads the messages of a mailing list's digest as text, header and all; postal-mime (npm) and old Unix tools do not.
#
# One would guess: in `multipart/digest` a part without Content-Type is a message (RFC 2046, 5.1.5) to whatever reads MIME: it is
# what the type is for, so lists leave the field out.
# It is: mailparser, emailjs-mime-parser and letterparser (npm) take it for text/plain, as in other multiparts. The header of
# each message becomes a part of the text, and its body stays encoded: "a=3Db" where "a=b" was sent. postal-mime, munpack (mpack),
# ripmime and reformime (maildrop) read messages. With `Content-Type: message/rfc822` in the part mailparser does, too.
# Needs root, for a folder tree of its own.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund mailparser@3.14.2 postal-mime@4.0.0 emailjs-mime-parser@2.0.7 letterparser@0.1.8 >/dev/null
cat >digest <<'EML'
From: pf-request@lists.example.com
To: jay@example.com
Subject: pf digest 3
MIME-Version: 1.0
Content-Type: multipart/digest; boundary=d

--d

From: bob@example.net
Subject: rules
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii
Content-Transfer-Encoding: quoted-printable

Then a=3Db.

--d--
EML
sed 's|^--d$|&\nContent-Type: message/rfc822|' digest >named
cat >run.cjs <<'JS'
const { readFileSync } = require('node:fs');
const { simpleParser } = require('mailparser');
const { extract } = require('letterparser');
const emailjs = require('emailjs-mime-parser');
const postal = require('postal-mime');
const show = (name, text) =>
  console.log(`${name}: ${text.includes('Transfer-Encoding') ? 'header in the text' : 'no header'}, ${text.includes('a=3Db') ? 'a=3Db' : /a=b/.exec(text)?.[0]}`);
/** All the text of a message: its own, and that of the messages that are attached to it. */
const all = async mail =>
  [mail.text, ...await Promise.all(mail.attachments.map(async ({ contentType, content }) =>
    contentType === 'message/rfc822' ? all(await simpleParser(content)) : ''))].join('\n');
const leaves = node => node.childNodes.length === 0 ? Buffer.from(node.content ?? '').toString() : node.childNodes.map(leaves).join('\n');
(async () => {
  const text = readFileSync('digest', 'utf8').replaceAll('\n', '\r\n');
  show('mailparser', await all(await simpleParser(text)));
  show('emailjs-mime-parser', leaves(emailjs.default(text)));
  show('letterparser', extract(text).text);
  show('postal-mime', (await (postal.default ?? postal).parse(text)).text);
  show('mailparser, type named', await all(await simpleParser(readFileSync('named'))));
})();
JS
for name in mailparser emailjs-mime-parser letterparser postal-mime; do
  echo "$name $(node -p "JSON.parse(require('fs').readFileSync('node_modules/$name/package.json')).version")"
done
seen=$(node run.cjs; {
  printf '%s\n' "cat >/tmp/digest <<'EML'"
  cat digest
  echo EML
  cat <<'RUN'
cd /tmp
echo 'munpack of mpack 1.6-18, ripmime 1.4.0.10, reformime of maildrop 3.1.8' >&2
show() {
  header='no header'
  if grep -q Transfer-Encoding "$2"; then header='header in the text'; fi
  echo "$1: $header, $(grep -oE 'a=(3D)?b' "$2")"
}
mkdir munpack ripmime
munpack -q -t -C munpack ../digest >/dev/null
show munpack munpack/part1
ripmime -i digest -d ripmime
show ripmime "$(grep -l Then ripmime/*)"
reformime -i <digest | sed -n 's/^content-type: /reformime finds /p'
RUN
} | "$here/in-debian-13" mpack=1.6-18+b2 ripmime=1.4.0.10.debian.1-3+b1 maildrop=3.1.8-2+b1)
echo "$seen"
[ "$seen" = 'mailparser: header in the text, a=3Db
emailjs-mime-parser: header in the text, a=3Db
letterparser: header in the text, a=3Db
postal-mime: no header, a=b
mailparser, type named: no header, a=b
munpack: no header, a=b
ripmime: no header, a=b
reformime finds multipart/digest
reformime finds message/rfc822
reformime finds text/plain' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# eml-format and eml-parse-js (npm) find no text in a message without Content-Type, and read a folded subject otherwise.
#
# One would guess: parsers made for saved messages read the simplest one: a message without Content-Type is text/plain in us-ascii (RFC
# 2045, 5.2), and a folded field is the same as if it were in one line (RFC 5322, 2.2.3).
# It is: both have an attachment without a name where the text should be. Of a fold eml-parse-js takes the blank away, "mxfailed",
# and eml-format leaves a line break in the subject. With `charset=us-ascii` eml-format has a TypeError, unless the message says what
# its encoding is, though 7bit is the default (RFC 2045, 6.1). It parts "Ex, Fay" in a list at its comma. mailparser reads all four.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund eml-format@0.6.1 eml-parse-js@1.1.15 mailparser@3.14.2 >/dev/null 2>&1
cat >run.cjs <<'JS'
const { read } = require('eml-format');
const { readEml } = require('eml-parse-js');
const { simpleParser } = require('mailparser');
console.warn = () => {};
const called = (parse, text) => new Promise(resolve => parse(text, (error, mail) => resolve(error ?? mail)));
const show = (name, mail, to) => console.log(mail instanceof Error ? `  ${name}: ${mail.name}` :
  `  ${name}: ${JSON.stringify(mail.subject)} to ${to.map(one => one.email ?? one.address).join(' and ')}, ` +
  `text ${JSON.stringify(mail.text?.trim() ?? 'none')}, ${mail.attachments?.length ?? 0} attachments`);
const message = (...fields) => ['From: jay@example.com', ...fields, 'Date: Thu, 12 Nov 2026 05:00:00 +0000', '', 'See the log.', ''].join('\r\n');
const type = 'Content-Type: text/plain; charset=';
const messages = {
  'no Content-Type': message('To: bob@example.net', 'Subject: backup'),
  'folded subject': message('To: bob@example.net', 'Subject: backup of mx', ' failed', `${type}utf-8`),
  'charset=us-ascii': message('To: bob@example.net', 'Subject: backup', `${type}us-ascii`),
  'name with a comma': message('To: bob@example.net, "Ex, Fay" <fay@example.org>', 'Subject: backup', `${type}utf-8`),
};
(async () => {
  for (const [name, text] of Object.entries(messages)) {
    console.log(name);
    for (const [library, parse] of [['eml-format', read], ['eml-parse-js', readEml]]) {
      const mail = await called(parse, text);
      show(library, mail, [mail.to].flat());
    }
    const mail = await simpleParser(text);
    show('mailparser', mail, mail.to.value);
  }
})();
JS
for name in eml-format eml-parse-js mailparser; do
  echo "$name $(node -p "JSON.parse(require('fs').readFileSync('node_modules/$name/package.json')).version")"
done
seen=$(node run.cjs)
printf '%s\n' "$seen"
[ "$seen" = 'no Content-Type
  eml-format: "backup" to bob@example.net, text "none", 1 attachments
  eml-parse-js: "backup" to bob@example.net, text "none", 1 attachments
  mailparser: "backup" to bob@example.net, text "See the log.", 0 attachments
folded subject
  eml-format: "backup of mx\r\nfailed" to bob@example.net, text "See the log.", 0 attachments
  eml-parse-js: "backup of mxfailed" to bob@example.net, text "See the log.", 0 attachments
  mailparser: "backup of mx failed" to bob@example.net, text "See the log.", 0 attachments
charset=us-ascii
  eml-format: TypeError
  eml-parse-js: "backup" to bob@example.net, text "See the log.", 0 attachments
  mailparser: "backup" to bob@example.net, text "See the log.", 0 attachments
name with a comma
  eml-format: "backup" to bob@example.net and "Ex and fay@example.org, text "See the log.", 0 attachments
  eml-parse-js: "backup" to bob@example.net and fay@example.org, text "See the log.", 0 attachments
  mailparser: "backup" to bob@example.net and fay@example.org, text "See the log.", 0 attachments' ] || { echo 'changed' >&2; exit 1; }

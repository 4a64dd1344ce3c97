#!/bin/sh
# postal-mime and emailjs-mime-parser (npm) leave `>` in the middle of quoted lines of format=flowed; mailparser does not.
#
# One would guess: a reader that joins the lines of `text/plain; format=flowed`, as mail programs write it, takes the quote marks
# off first (RFC 3676, 4.2 and 4.5), since each line of a quoted paragraph begins with them.
# It is: postal-mime and emailjs-mime-parser put the lines together as they are, so that the marks of all but the first are in the
# text: "mail for the relay waits > on the gateway." Paragraphs that are not quoted, the "-- " above a signature and lines with a
# blank put before them (4.4) are right in all three. letterparser leaves every line as it is, the blanks before them as well.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund postal-mime@4.0.0 emailjs-mime-parser@2.0.7 mailparser@3.14.2 letterparser@0.1.8 >/dev/null
cat >run.cjs <<'JS'
const { simpleParser } = require('mailparser');
const { extract } = require('letterparser');
const emailjs = require('emailjs-mime-parser');
const postal = require('postal-mime');
const text = ['From: jay@example.com', 'To: bob@example.net', 'Subject: relay', 'MIME-Version: 1.0',
  'Content-Type: text/plain; charset=us-ascii; format=flowed', '',
  '> the rules are new, and mail for the relay waits ', '> on the gateway.', '>> is it ', '>> up?',
  'It waits ', 'no more.', ' From today on it is sent.', '-- ', 'jay', ''].join('\r\n');
const show = (name, read) => console.log(`${name}: ${JSON.stringify(read.trim())}`);
(async () => {
  show('mailparser', (await simpleParser(text)).text);
  show('postal-mime', (await (postal.default ?? postal).parse(text)).text);
  show('emailjs-mime-parser', Buffer.from(emailjs.default(text).content).toString());
  show('letterparser', extract(text).text);
})();
JS
for name in mailparser postal-mime emailjs-mime-parser letterparser; do
  echo "$name $(node -p "JSON.parse(require('fs').readFileSync('node_modules/$name/package.json')).version")"
done
seen=$(node run.cjs)
printf '%s\n' "$seen"
[ "$seen" = 'mailparser: "> the rules are new, and mail for the relay waits on the gateway.\n>> is it up?\nIt waits no more.\nFrom today on it is sent.\n-- \njay"
postal-mime: "> the rules are new, and mail for the relay waits > on the gateway.\n>> is it >> up?\nIt waits no more.\nFrom today on it is sent.\n-- \njay"
emailjs-mime-parser: "> the rules are new, and mail for the relay waits > on the gateway.\n>> is it >> up?\nIt waits no more.\nFrom today on it is sent.\n-- \njay"
letterparser: "> the rules are new, and mail for the relay waits \n> on the gateway.\n>> is it \n>> up?\nIt waits \nno more.\n From today on it is sent.\n-- \njay"' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# Readers of mbox (npm) make three messages of the two that OpenBSD's mail.local(8) has written, each in its own way.
#
# One would guess: a line "From " begins a message only behind an empty line. mail.local counts on that: it puts a `>`
# in front of "From " only there (libexec/mail.local/mail.local.c, store()), and leaves it alone within a paragraph.
# It is: mbox-reader, node-mbox and mbox-parser split at any line that begins with "From ". The rest of the paragraph
# becomes a message without a header; mbox-reader also swallows the line itself. And of the `>` that was added, only
# mbox-reader takes one away again.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund mbox-reader@1.2.0 node-mbox@2.0.0 mbox-parser@1.0.1 >/dev/null
cat >mbox <<'MBOX'
From root@mimando.lan Fri Nov 27 05:00:00 2026
Subject: one

The third hop is
From the gateway to the workstation,
and it was well.

From root@mimando.lan Fri Nov 27 05:00:01 2026
Subject: two

>From now on nothing is sent.

MBOX
cat >run.mjs <<'JS'
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
const require = createRequire(import.meta.url);
const { mboxReader } = require('mbox-reader');
const { mboxParser } = require('mbox-parser');
const { MboxStream } = require('node-mbox');
const stream = () => Readable.from([readFileSync('mbox')]);
const show = (name, all) =>
  console.log(`${name}: ${all.length} messages; line "From the": ${all.some(text => text.includes('From the')) ? 'there' : 'lost'}; ` +
    `">From": ${all.some(text => text.includes('>From')) ? 'kept' : 'undone'}`);
const read = [];
for await (const { content } of mboxReader(stream())) read.push(content.toString());
show('mbox-reader', read);
show('node-mbox', await new Promise(resolve => {
  const all = [];
  MboxStream(stream()).on('data', one => all.push(one.toString())).on('finish', () => resolve(all)).on('end', () => resolve(all));
}));
show('mbox-parser', (await mboxParser(stream())).map(({ text }) => text ?? ''));
JS
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = 'mbox-reader: 3 messages; line "From the": lost; ">From": undone
node-mbox: 3 messages; line "From the": lost; ">From": kept
mbox-parser: 3 messages; line "From the": lost; ">From": kept' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# dkim-signer (npm) signs a message without text so that its signature fails; with one line of text it passes.
#
# One would guess: a message that has only a subject (to subscribe to a list, to stop a mailing) is signed like others: with
# relaxed/relaxed, which dkim-signer always uses, the hash of an empty body is that of nothing (RFC 6376, 3.4.4).
# It is: dkim-signer takes the hash of an empty line, as `simple` has it (3.4.3). mailauth, which takes its own signature of the
# same message for good, says "body hash did not verify".
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts dkim-signer@0.2.2 mailauth@4.8.2 >/dev/null
cat >run.cjs <<'JS'
const { generateKeyPairSync } = require('node:crypto');
const { DKIMSign } = require('dkim-signer');
const { dkimSign } = require('mailauth/lib/dkim/sign');
const { dkimVerify } = require('mailauth/lib/dkim/verify');
const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const resolver = async () => [[`v=DKIM1; p=${publicKey.toString('base64')}`]];
const judge = async message => {
  const { status } = (await dkimVerify(Buffer.from(message), { resolver })).results[0];
  return [status.result, status.comment].filter(Boolean).join(', ');
};
const header = 'From: jay@example.com\r\nTo: join@lists.example.net\r\nSubject: subscribe\r\nDate: Sat, 28 Nov 2026 09:00:00 +0000\r\n\r\n';
const main = async () => {
  for (const [name, body] of [['one line', 'text\r\n'], ['empty', ''], ['an empty line', '\r\n']]) {
    const message = header + body;
    const signer = DKIMSign(message, { domainName: 'example.com', keySelector: 's1', privateKey });
    const { signatures } = await dkimSign(message, {
      canonicalization: 'relaxed/relaxed',
      signatureData: [{ signingDomain: 'example.com', selector: 's1', privateKey }],
    });
    console.log(`${name}: by dkim-signer ${await judge(`${signer}\r\n${message}`)}; by mailauth ${await judge(signatures + message)}`);
  }
};
main();
JS
for name in dkim-signer mailauth; do echo "$name $(node -p "JSON.parse(require('fs').readFileSync('node_modules/$name/package.json')).version")" >&2; done
seen=$(node run.cjs)
echo "$seen"
[ "$seen" = 'one line: by dkim-signer pass; by mailauth pass
empty: by dkim-signer neutral, body hash did not verify; by mailauth pass
an empty line: by dkim-signer neutral, body hash did not verify; by mailauth pass' ] || { echo 'changed' >&2; exit 1; }

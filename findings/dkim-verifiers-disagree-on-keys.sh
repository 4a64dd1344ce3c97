#!/bin/sh
# An Ed25519 DKIM key published as `openssl pkey -pubout` writes it passes with mailauth (npm) and fails with dkimpy.
#
# One would guess: for k=ed25519 the value of p= is encoded as for k=rsa (SubjectPublicKeyInfo), or every verifier
# refuses it; so a pass from one verifier means that the record is right.
# It is: RFC 8463 (4.2) wants the bare 32 bytes. mailauth takes both forms, dkimpy only the bare one: who tests the record
# with the former sees "pass", and receivers see an invalid signature.
# Needs python3, for dkimpy of Debian.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund mailauth@4.8.2 >/dev/null
apt-get download -qq python3-dkim=1.1.4-1 python3-dnspython python3-nacl=1.5.0-2 python3-cffi-backend >/dev/null 2>&1
for deb in *.deb; do dpkg-deb -x "$deb" .; done
cat >sign.cjs <<'JS'
const { generateKeyPairSync } = require('node:crypto');
const { writeFileSync } = require('node:fs');
const { dkimSign } = require('mailauth/lib/dkim/sign');
const { dkimVerify } = require('mailauth/lib/dkim/verify');
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const der = publicKey.export({ type: 'spki', format: 'der' });
const text = ['From: jay@example.com', 'To: alice@internet.example', 'Subject: hello', '', 'hello', ''].join('\r\n');
(async () => {
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const { signatures } = await dkimSign(text, { canonicalization: 'relaxed/relaxed',
    signatureData: [{ signingDomain: 'example.com', selector: 's1', privateKey: pem, algorithm: 'ed25519-sha256' }] });
  writeFileSync('signed', signatures + text);
  for (const [name, key] of [['bare', der.subarray(-32)], ['der', der]]) {
    const record = `v=DKIM1; k=ed25519; p=${key.toString('base64')}`;
    writeFileSync(`${name}.txt`, record);
    const { results } = await dkimVerify(signatures + text, { resolver: async () => [[record]] });
    console.log(`mailauth ${name}: ${results[0].status.result}`);
  }
})();
JS
cat >verify.py <<'PY'
import dkim, logging, sys
logging.disable(logging.CRITICAL)
for name in ['bare', 'der']:
    record = open(name + '.txt', 'rb').read()
    good = dkim.verify(open('signed', 'rb').read(), dnsfunc=lambda *a, **k: record)
    print('dkimpy ' + name + ': ' + ('pass' if good else 'fail'))
PY
echo "mailauth $(node -p "require('mailauth/package.json').version"), dkimpy 1.1.4"
seen="$(node sign.cjs)
$(PYTHONPATH=$dir/usr/lib/python3/dist-packages python3 verify.py)"
echo "$seen"
[ "$seen" = 'mailauth bare: pass
mailauth der: pass
dkimpy bare: pass
dkimpy der: fail' ] || { echo 'changed' >&2; exit 1; }

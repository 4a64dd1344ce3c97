#!/bin/sh
# mailauth (npm) ignores the limits that a DKIM key record sets for its key; dkimpy ignores two, and refuses a list of services.
#
# One would guess: `h=sha1` excludes a signature with SHA-256, `t=s` one for a subdomain in i=, `s=other` all mail (RFC 6376,
# 3.6.1 and 6.1.2: MUST), and `s=email:other`, a list that contains "email", excludes nothing.
# It is: with mailauth all five signatures pass. With dkimpy those against `h=` and `t=s` pass, and the valid one with
# `s=email:other` fails. So what a domain learns from one verifier about its record does not hold for another.
# Needs openssl(1).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund mailauth@4.8.2 >/dev/null
apt-get download -qq python3-dkim=1.1.4-1 python3-dnspython python3-nacl=1.5.0-2 python3-cffi-backend >/dev/null 2>&1
for deb in *.deb; do dpkg-deb -x "$deb" .; done
openssl genrsa -traditional -out key.pem 2048 2>/dev/null
cat >dkimpy.py <<'PY'
import dkim, json, logging, subprocess
logging.disable(logging.CRITICAL)
key = open('key.pem', 'rb').read()
public = subprocess.run('openssl rsa -in key.pem -pubout -outform DER 2>/dev/null | openssl base64 -A', shell=True, capture_output=True, text=True).stdout
text = b'\r\n'.join([b'From: jay@example.com', b'To: alice@internet.example', b'Subject: hello', b'', b'hello', b''])
cases = [('no limit', '@example.com', ''), ('t=s, i=@mail.example.com', '@mail.example.com', 't=s; '), ('h=sha1', '@example.com', 'h=sha1; '),
         ('s=other', '@example.com', 's=other; '), ('s=email:other', '@example.com', 's=email:other; ')]
written = []
for name, identity, limit in cases:
    record = 'v=DKIM1; k=rsa; ' + limit + 'p=' + public
    signed = dkim.sign(text, b's1', b'example.com', key, identity=identity.encode(), include_headers=[b'from', b'to', b'subject']) + text
    good = dkim.verify(signed, dnsfunc=lambda *a, **k: record.encode())
    print(name + ': dkimpy ' + ('pass' if good else 'fail'))
    written.append([name, record, signed.decode()])
json.dump(written, open('written', 'w'))
PY
cat >mailauth.cjs <<'JS'
const { dkimVerify } = require('mailauth/lib/dkim/verify');
(async () => {
  for (const [name, record, signed] of JSON.parse(require('node:fs').readFileSync('written'))) {
    const { results } = await dkimVerify(signed, { resolver: async () => [[record]] });
    console.log(`${name}: mailauth ${results[0].status.result}`);
  }
})();
JS
echo "mailauth $(node -p "require('mailauth/package.json').version"), dkimpy 1.1.4"
seen="$(PYTHONPATH=$dir/usr/lib/python3/dist-packages python3 dkimpy.py)
$(node mailauth.cjs)"
echo "$seen"
[ "$seen" = 'no limit: dkimpy pass
t=s, i=@mail.example.com: dkimpy pass
h=sha1: dkimpy pass
s=other: dkimpy fail
s=email:other: dkimpy fail
no limit: mailauth pass
t=s, i=@mail.example.com: mailauth pass
h=sha1: mailauth pass
s=other: mailauth pass
s=email:other: mailauth pass' ] || { echo 'changed' >&2; exit 1; }

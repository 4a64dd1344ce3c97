#!/bin/sh
# mailauth (npm) fails a sender whose SPF record includes one with `%{d}`; pyspf passes it.
#
# One would guess: `%{d}` is the domain whose record is being read (RFC 7208, 7.2), which in a record reached by include: or redirect=
# is the name that stands there (5.2, 6.1); the sender's domain is `%{o}`. So a provider can keep one record with
# `exists:%{i}.ok.%{d}` for all who include it.
# It is: mailauth gives `%{d}` the sender's domain everywhere. It asks for 192.0.2.7.ok.example.com, which the sender does not have,
# instead of 192.0.2.7.ok._spf.example.net, and says "fail" of mail that other receivers take; what it asked for is not
# in its answer. In the sender's own record, and with the name written out, both agree.
# Needs python3, for pyspf of Debian.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund mailauth@4.13.3 >/dev/null
apt-get download -qq python3-spf=2.0.14-3 python3-dnspython >/dev/null 2>&1
for deb in *.deb; do dpkg-deb -x "$deb" .; done
cat >zone.json <<'JSON'
{
  "TXT example.com": "v=spf1 include:_spf.example.net -all",
  "TXT example.org": "v=spf1 redirect=_spf.example.net",
  "TXT _spf.example.net": "v=spf1 exists:%{i}.ok.%{d} -all",
  "TXT own.example": "v=spf1 exists:%{i}.ok.%{d} -all",
  "TXT written.example": "v=spf1 include:_spf.written.example -all",
  "TXT _spf.written.example": "v=spf1 exists:%{i}.ok._spf.example.net -all",
  "A 192.0.2.7.ok._spf.example.net": "127.0.0.2",
  "A 192.0.2.7.ok.own.example": "127.0.0.2"
}
JSON
cat >run.cjs <<'JS'
const { spf } = require('mailauth');
const zone = require('./zone.json');
const [domain] = process.argv.slice(2);
const asked = [];
const resolver = async (name, type) => {
  if (type === 'A') asked.push(name);
  const found = zone[`${type} ${name}`];
  if (found === undefined) throw Object.assign(new Error(name), { code: 'ENOTFOUND' });
  return type === 'TXT' ? [[found]] : [found];
};
spf({ ip: '192.0.2.7', helo: 'mx1.example', sender: `jay@${domain}`, mta: 'mx.lan', resolver })
  .then(({ status }) => console.log(`mailauth ${status.result} (${asked.join(' ')})`));
JS
cat >run.py <<'PY'
import json, spf, sys
zone, asked = json.load(open('zone.json')), []
def lookup(name, qtype, *rest, **more):
    if qtype == 'A':
        asked.append(name)
    found = zone.get(qtype + ' ' + name)
    if found is not None:
        yield (name, qtype), (found.encode(),) if qtype == 'TXT' else found
spf.DNSLookup = lookup
print('pyspf', spf.check2(i='192.0.2.7', s='jay@' + sys.argv[1], h='mx1.example')[0], '(' + ' '.join(asked) + ')')
PY
echo "mailauth $(node -p "require('mailauth/package.json').version"), pyspf 2.0.14"
seen=$(for domain in example.com example.org own.example written.example; do
  echo "$domain: $(node run.cjs $domain), $(PYTHONPATH=$dir/usr/lib/python3/dist-packages python3 run.py $domain)"
done)
echo "$seen"
[ "$seen" = 'example.com: mailauth fail (192.0.2.7.ok.example.com), pyspf pass (192.0.2.7.ok._spf.example.net)
example.org: mailauth fail (192.0.2.7.ok.example.org), pyspf pass (192.0.2.7.ok._spf.example.net)
own.example: mailauth pass (192.0.2.7.ok.own.example), pyspf pass (192.0.2.7.ok.own.example)
written.example: mailauth pass (192.0.2.7.ok._spf.example.net), pyspf pass (192.0.2.7.ok._spf.example.net)' ] || { echo 'changed' >&2; exit 1; }

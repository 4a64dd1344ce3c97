#!/bin/sh
# dmarc-parse (npm) calls `fo=1:d:s` invalid and drops it; dkim-key (npm) throws at a blank before an equals sign.
#
# One would guess: parsers of DMARC and DKIM records take what their RFCs show: a list with colons in fo= (RFC 7489 6.3),
# the algorithm as p= and k= may have it, and white space on both sides of "=" (RFC 6376 3.2).
# It is: neither. dkim-key besides says "rsa-sha256", which is no value of k=, where a record has no k= and means "rsa".
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund dmarc-parse@1.2.1 dkim-key@1.3.0 >/dev/null
cat >run.cjs <<'JS'
const loaded = name => require(name).default ?? require(name);
const [dmarc, dkim] = [loaded('dmarc-parse'), loaded('dkim-key')];
for (const record of ['v=DMARC1; p=none; fo=1', 'v=DMARC1; p=none; fo=1:d:s']) {
  const { tags, messages = [] } = dmarc(record);
  console.log(`${record}: fo ${tags.fo?.value ?? 'missing'}; ${messages.join('; ')}`);
}
for (const record of ['v=DKIM1; k=rsa; p=MIGf', 'v=DKIM1; p=MIGf', 'v=DKIM1; k = rsa; p=MIGf']) {
  try {
    console.log(`${record}: type ${dkim.parse(record).type}`);
  } catch (error) {
    console.log(`${record}: ${error.message}`);
  }
}
JS
for name in dmarc-parse dkim-key; do echo "$name $(node -p "require('$name/package.json').version")"; done
seen=$(node run.cjs)
echo "$seen"
[ "$seen" = "v=DMARC1; p=none; fo=1: fo 1; 
v=DMARC1; p=none; fo=1:d:s: fo missing; Invalid value for 'fo': '1:d:s', must be one of: 0, 1, d, s
v=DKIM1; k=rsa; p=MIGf: type rsa
v=DKIM1; p=MIGf: type rsa-sha256
v=DKIM1; k = rsa; p=MIGf: Unknown field name \"k \"" ] || { echo 'changed' >&2; exit 1; }

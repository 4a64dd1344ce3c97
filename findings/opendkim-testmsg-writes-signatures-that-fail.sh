#!/bin/sh
# opendkim-testmsg writes the end of each signature twice, so that it fails, and signs with SHA-1.
#
# One would guess: opendkim-testmsg, which signs a message on its standard input with a key, writes what opendkim writes, so its output
# passes with any verifier that has the public key, and shows that the key is good.
# It is: it takes the carriage returns out of the folded field and leaves as many characters of the old end behind the new one:
# `idlS8Q==idlS8Q==`, which is not base64. Only with `-C`, which keeps the carriage returns, the field is right. The algorithm
# is always rsa-sha1, which "MUST NOT be used for signing or verifying" (RFC 8301, 3.1); opendkim uses rsa-sha256. Exit 0.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opendkim-tools=2.11.0~beta2-9.1+b1 python3-dkim=1.1.8-2 openssl <<'RUN'
cd /tmp
openssl genrsa -out key 2048 2>/dev/null
openssl rsa -in key -pubout 2>/dev/null | sed /---/d | tr -d '\n' >public
cat >verify.py <<'PY'
import dkim, sys
record = b'v=DKIM1; k=rsa; p=' + open('public', 'rb').read()
try: print('passes' if dkim.verify(sys.stdin.buffer.read(), dnsfunc=lambda name, timeout=5: record) else 'fails')
except Exception as error: print(error)
PY
printf '%s\r\n' 'From: jay@example.com' 'To: bob@example.net' 'Subject: x' 'Date: Wed, 12 Nov 2025 10:00:00 +0000' 'Message-ID: <1@example.com>' '' hello >crlf
tr -d '\r' <crlf >lf
for way in '-C crlf' ' crlf' ' lf'; do
  opendkim-testmsg ${way% *} -d example.com -s s1 -k key <${way#* } >signed && code=0 || code=$?
  algorithm=$(sed -n 's/.* \(a=[a-z0-9-]*\);.*/\1/p' signed)
  grep -q '==[A-Za-z0-9+/]*==' signed && end='written twice' || end=right
  echo "$way: exit $code, $algorithm, end of the signature $end; dkimpy: $(python3 verify.py <signed 2>&1)"
done
RUN
)
echo 'opendkim-testmsg 2.11.0 beta2, dkimpy 1.1.8'
echo "$seen"
[ "$seen" = '-C crlf: exit 0, a=rsa-sha1, end of the signature right; dkimpy: passes
 crlf: exit 0, a=rsa-sha1, end of the signature written twice; dkimpy: fails
 lf: exit 0, a=rsa-sha1, end of the signature written twice; dkimpy: fails' ] || { echo 'changed' >&2; exit 1; }

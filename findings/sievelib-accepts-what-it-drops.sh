#!/bin/sh
# sievelib (Python) accepts a Sieve script whose last command has no semicolon, and writes it without that command.
#
# One would guess: parse(), which web front ends ask before they upload a script, returns False for a syntax error, as
# sievec of Pigeonhole does; or what it accepts is written again as it was.
# It is: what stands behind the last semicolon is read and not kept. `discard` and `redirect` vanish from a script that
# parse() calls valid, and a redirect without an address is one as well. A valid script with `envelope :detail` (RFC 5233) is
# refused, although the parser accepts `require "subaddress"`.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 python3-sievelib=1.4.2-1 dovecot-sieve=1:2.4.1+dfsg1-6+deb13u7 <<'RUN'
export LC_ALL=C HOME=/tmp
printf '%s\n' dovecot:x:105:105::/nonexistent:/bin/sh dovenull:x:106:106::/nonexistent:/bin/sh >>/etc/passwd
printf '%s\n' dovecot:x:105: dovenull:x:106: >>/etc/group
mkdir -p /etc/dovecot
printf '%s\n' 'dovecot_config_version = 2.4.1' 'dovecot_storage_version = 2.4.1' 'mail_driver = mbox' 'mail_path = /tmp/mail' \
  'mail_uid = 1000' 'mail_gid = 1000' >/etc/dovecot/dovecot.conf
echo "sievelib $(python3 -c 'import importlib.metadata as m; print(m.version("sievelib"))'), dovecot $(dovecot --version)" >&2
cat >/tmp/read.py <<'PY'
import io, sys
from sievelib.parser import Parser
text = open(sys.argv[1]).read()
parser = Parser()
valid = parser.parse(text)
written = io.StringIO()
for command in parser.result if valid else []:
    command.tosieve(target=written)
print('sievelib:', valid, *written.getvalue().split())
PY
judge() {
  echo "$1"
  echo "$1" >/tmp/script.sieve
  python3 /tmp/read.py /tmp/script.sieve
  if sievec /tmp/script.sieve /tmp/script.svbin >/dev/null 2>&1; then echo 'sievec: ok'; else echo 'sievec: error'; fi
}
judge 'keep; redirect "ana@example.com"'
judge 'require "fileinto"; if header :is "List-Id" "pf" { fileinto "pf"; } discard'
judge 'redirect;'
judge 'require ["envelope", "subaddress"]; if envelope :detail "to" "lists" { discard; }'
RUN
)
echo "$seen"
[ "$seen" = 'keep; redirect "ana@example.com"
sievelib: True keep;
sievec: error
require "fileinto"; if header :is "List-Id" "pf" { fileinto "pf"; } discard
sievelib: True require "fileinto"; if header :is "List-Id" "pf" { fileinto "pf"; }
sievec: error
redirect;
sievelib: True redirect;
sievec: error
require ["envelope", "subaddress"]; if envelope :detail "to" "lists" { discard; }
sievelib: False
sievec: ok' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# sieve of GNU Mailutils reads the tag of a mailing list, `[pf]`, as "one of the letters p and f"; Pigeonhole does not.
#
# One would guess: in `:matches` only `*` and `?` are special (RFC 5228, 2.7.1), so a rule for subjects with "[pf]" sorts
# out that list's mail, wherever the script runs.
# It is: Mailutils reads brackets as a set of characters, as in patterns for file names. `"*[pf]*"` matches every subject
# with a p or an f in it, and `"re: [pf] *"` does not match "Re: [pf] Rule 5". Neither is reported, and the exit code is
# 0. The RFC has no escape for a bracket, as it needs none. sieve-test of Pigeonhole (Dovecot) answers as the RFC says.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 mailutils=1:3.19-1 dovecot-sieve=1:2.4.1+dfsg1-6+deb13u7 <<'RUN'
export LC_ALL=C
echo "$(sieve --version | head -n 1), $(dovecot --version)" >&2
printf '%s\n' dovecot:x:105:105::/nonexistent:/bin/sh dovenull:x:106:106::/nonexistent:/bin/sh >>/etc/passwd
printf '%s\n' dovecot:x:105: dovenull:x:106: >>/etc/group
mkdir -p /etc/dovecot
printf '%s\n' 'dovecot_config_version = 2.4.1' 'dovecot_storage_version = 2.4.1' 'mail_driver = mbox' 'mail_path = /tmp/mail' \
  'mail_uid = 1000' 'mail_gid = 1000' >/etc/dovecot/dovecot.conf
mkdir -m 777 /tmp/mail
cd /tmp
ask() {
  printf 'if header :matches "subject" "%s" { discard; }\n' "$1" >rule.sieve
  printf '%s\n' 'From: bob@internet.example' 'To: jay@example.com' "Subject: $2" '' text >message
  { echo 'From bob@internet.example Fri Nov 27 05:00:00 2026'; cat message; echo; } >mbox
  mailutils=$(sieve -n -v -f mbox rule.sieve 2>&1) && code=0 || code=$?
  dovecot=$(sieve-test rule.sieve message 2>&1)
  echo "\"$1\", Subject: $2: Mailutils $(echo "$mailutils" | grep -c DISCARD) (exit $code), Pigeonhole $(echo "$dovecot" | grep -c '\* discard')"
}
ask '*rule*' 'Re: [pf] Rule 5'
ask 're: [pf] *' 'Re: [pf] Rule 5'
ask '*[pf]*' 'The invoice of Friday'
RUN
)
echo "$seen"
[ "$seen" = '"*rule*", Subject: Re: [pf] Rule 5: Mailutils 1 (exit 0), Pigeonhole 1
"re: [pf] *", Subject: Re: [pf] Rule 5: Mailutils 0 (exit 0), Pigeonhole 1
"*[pf]*", Subject: The invoice of Friday: Mailutils 1 (exit 0), Pigeonhole 0' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# A Sieve rule that files mail with a spam score of 6 and more as spam also files the best mail, whose score is below zero.
#
# One would guess: `header :value "ge" :comparator "i;ascii-numeric" "X-Spam-Score" "6"` compares numbers, as the words say, and
# -2.6, as SpamAssassin writes it with `add_header all Score _SCORE_`, is less than 6.
# It is: the comparator knows no sign. A text that does not begin with a digit is positive infinity (RFC 4790, 9.1.1), more than
# any score: mail of lists and known senders, whose score is below zero, goes to the spam, and newsletters with 3.1 do not.
# Pigeonhole (Dovecot) and GNU Mailutils agree, neither says a word about such a value, and who tries the rule with a high and a
# low score above zero finds it right. A test for "-*" before it helps.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 spamassassin=4.0.1-5 mailutils=1:3.19-1 dovecot-sieve=1:2.4.1+dfsg1-6+deb13u7 <<'RUN'
export LC_ALL=C HOME=/tmp
{ spamassassin --version | head -n 1; echo "$(sieve --version | head -n 1), dovecot $(dovecot --version)"; } >&2
printf '%s\n' dovecot:x:105:105::/nonexistent:/bin/sh dovenull:x:106:106::/nonexistent:/bin/sh >>/etc/passwd
printf '%s\n' dovecot:x:105: dovenull:x:106: >>/etc/group
mkdir -p /etc/dovecot
printf '%s\n' 'dovecot_config_version = 2.4.1' 'dovecot_storage_version = 2.4.1' 'mail_driver = mbox' 'mail_path = /tmp/mail' \
  'mail_uid = 1000' 'mail_gid = 1000' >/etc/dovecot/dovecot.conf
mkdir -m 777 /tmp/mail
cd /tmp
mkdir rules site
echo loadplugin Mail::SpamAssassin::Plugin::Check >site/check.pre
cat >rules/scores.cf <<'CONF'
add_header all Score _SCORE_
header LIST List-Id =~ /./
score LIST -2.6
header NEWS Subject =~ /news/
score NEWS 3.1
header OFFER Subject =~ /offer/
score OFFER 7.4
CONF
cat >rule.sieve <<'SIEVE'
require ["fileinto", "relational", "comparator-i;ascii-numeric"];
if header :value "ge" :comparator "i;ascii-numeric" "X-Spam-Score" "6" { fileinto "Spam"; }
SIEVE
sed 's/^if /if allof (not header :matches "X-Spam-Score" "-*", /; s/ {/) {/' rule.sieve >longer.sieve
where() {
  sieve-test "$1.sieve" message 2>/dev/null | grep -q 'folder: Spam' && pigeonhole=Spam || pigeonhole=INBOX
  rm -f spam
  { echo 'From bob@internet.example Sun Nov 29 02:00:00 2026'; cat message; echo; } >mbox
  sed 's/"Spam"/"mbox:\/tmp\/spam"/' "$1.sieve" >mailutils.sieve
  sieve -f mbox mailutils.sieve
  [ -e spam ] && mailutils=Spam || mailutils=INBOX
  echo "Pigeonhole $pigeonhole, Mailutils $mailutils"
}
try() {
  printf '%s\n' 'From: bob@internet.example' 'To: jay@example.com' "$@" '' text | spamassassin -L -x -C rules --siteconfigpath=site 2>/tmp/log >message
  echo "$* ($(grep ^X-Spam-Score message)): $(where rule); with a test for -*: $(where longer)"
}
tail -n 1 rule.sieve
try 'Subject: hello'
try 'Subject: news'
try 'Subject: offer'
try 'Subject: hello' 'List-Id: <misc.lists.example>'
RUN
)
echo "$seen"
[ "$seen" = 'if header :value "ge" :comparator "i;ascii-numeric" "X-Spam-Score" "6" { fileinto "Spam"; }
Subject: hello (X-Spam-Score: 0.0): Pigeonhole INBOX, Mailutils INBOX; with a test for -*: Pigeonhole INBOX, Mailutils INBOX
Subject: news (X-Spam-Score: 3.1): Pigeonhole INBOX, Mailutils INBOX; with a test for -*: Pigeonhole INBOX, Mailutils INBOX
Subject: offer (X-Spam-Score: 7.4): Pigeonhole Spam, Mailutils Spam; with a test for -*: Pigeonhole Spam, Mailutils Spam
Subject: hello List-Id: <misc.lists.example> (X-Spam-Score: -2.6): Pigeonhole Spam, Mailutils Spam; with a test for -*: Pigeonhole INBOX, Mailutils INBOX' ] || { echo 'changed' >&2; exit 1; }

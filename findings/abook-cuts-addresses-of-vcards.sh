#!/bin/sh
# abook turns a vCard into aliases for mutt that send mail to other addresses: cut ones, none, or one more.
#
# One would guess: an address book that another mail client has exported comes over with all its addresses, as abook reads vCards
# and was made for mutt; what it can't read is left out with a word.
# It is: a long line goes on in the next one, behind a blank (RFC 2425, 5.8.1; RFC 6350, 3.2), and abook takes the first line alone:
# "fay@lists.example.net" becomes "fay@lists.exam". An address of a group, `item1.EMAIL`, as Apple's exports have it, is left out,
# and "ed" is a user of this host then. The name "Ex, Jay" is written without quotes: mutt sends to "Ex" on this host, too.
# Exit 0, no word.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 abook=0.6.1-3+b1 mutt=2.2.13-1+deb13u2 <<'RUN'
export LC_ALL=C HOME=/tmp
cd /tmp
echo "abook 0.6.1, $(mutt -v | head -n 1)" >&2
card() {
  printf '%s\r\n' BEGIN:VCARD VERSION:3.0 "NICKNAME:$1"
  shift
  printf '%s\r\n' "$@" END:VCARD
}
{
  card bob 'FN:Bob' 'EMAIL;TYPE=INTERNET:bob@example.net'
  card fay 'FN:Fay' 'EMAIL;TYPE=INTERNET;TYPE=HOME;TYPE=PREF:fay@lists.exam' ' ple.net'
  card ed 'FN:Ed' 'item1.EMAIL;TYPE=INTERNET:ed@example.net' 'item1.X-ABLabel:home'
  card jay 'FN:Ex\, Jay' 'N:Ex;Jay;;;' 'EMAIL;TYPE=INTERNET:jay@example.com'
} >people.vcf
abook --convert --informat vcard --infile people.vcf --outformat mutt --outfile aliases 2>&1 && code=0 || code=$?
cat aliases
echo "exit $code"
printf '%s\n' 'set hostname=mimando.lan' 'set tmpdir=/tmp' 'source /tmp/aliases' >muttrc
printf '#!/bin/sh\nshift 2\necho "mutt sends to $*"\n' >sendmail
chmod +x sendmail
printf '%s\n' 'set sendmail="/tmp/sendmail -oi"' 'set sendmail_wait=0' 'set copy=no' >>muttrc
for name in bob fay ed jay; do
  printf '%s: ' $name
  echo text | mutt -n -F muttrc -s hello $name 2>&1
done
RUN
)
echo "$seen"
[ "$seen" = 'alias bob Bob <bob@example.net>
alias fay Fay <fay@lists.exam>
alias jay Ex\, Jay <jay@example.com>
exit 0
bob: mutt sends to bob@example.net
fay: mutt sends to fay@lists.exam
ed: mutt sends to ed@mimando.lan
jay: mutt sends to Ex@mimando.lan jay@example.com' ] || { echo 'changed' >&2; exit 1; }

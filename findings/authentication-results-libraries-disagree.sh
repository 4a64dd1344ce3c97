#!/bin/sh
# Mail::AuthenticationResults (Perl) reads valid Authentication-Results fields and writes back what no other reader accepts.
#
# One would guess: a field that is read and written back means the same, and the libraries of two languages read the same
# fields (RFC 8601, 2.2).
# It is: the Perl library makes `dkim=pass / 1` of the method version in `dkim/1=pass`, takes the quotes from
# "2001:db8::1" (a colon is allowed in quotes only), and makes two properties of a quoted local part with its domain.
# authres (Python) refuses all three as syntax errors, although it reads the originals. On the other hand it refuses
# an authserv-id in quotes, which the RFC allows and the Perl library reads.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 perl libmail-authenticationresults-perl=2.20231031-1 python3-authres=1.2.0-4 <<'RUN'
export LC_ALL=C
python3 -c 'import authres; print("authres", authres.__version__)' >&2
perl -MMail::AuthenticationResults -e 'print "Mail::AuthenticationResults ", Mail::AuthenticationResults->VERSION, "\n"' >&2
authres() {
  python3 -c 'import authres, sys
try: authres.AuthenticationResultsHeader.parse("Authentication-Results: " + sys.argv[1]); print("read")
except authres.core.SyntaxError: print("refused")' "$1"
}
while read -r field; do
  written=$(perl -MMail::AuthenticationResults::Parser -e 'my $text = Mail::AuthenticationResults::Parser->new->parse($ARGV[0])->as_string;
    $text =~ s/\s+/ /g; print $text' "$field")
  echo "$field"
  echo "  Perl: $written"
  echo "  authres: original $(authres "$field"), Perl's $(authres "$written")"
done <<'FIELDS'
mx.example; dkim/1=pass header.d=internet.example
mx.example; iprev=pass policy.iprev="2001:db8::1"
mx.example; spf=pass smtp.mailfrom="jay x"@internet.example
"mx.example"; spf=pass smtp.mailfrom=internet.example
FIELDS
RUN
)
echo "$seen"
[ "$seen" = "mx.example; dkim/1=pass header.d=internet.example
  Perl: mx.example; dkim=pass / 1 header.d=internet.example
  authres: original read, Perl's refused
mx.example; iprev=pass policy.iprev=\"2001:db8::1\"
  Perl: mx.example; iprev=pass policy.iprev=2001:db8::1
  authres: original read, Perl's refused
mx.example; spf=pass smtp.mailfrom=\"jay x\"@internet.example
  Perl: mx.example; spf=pass smtp.mailfrom=\"jay x\" @internet.example=\"\"
  authres: original read, Perl's refused
\"mx.example\"; spf=pass smtp.mailfrom=internet.example
  Perl: mx.example; spf=pass smtp.mailfrom=internet.example
  authres: original refused, Perl's read" ] || { echo 'changed' >&2; exit 1; }

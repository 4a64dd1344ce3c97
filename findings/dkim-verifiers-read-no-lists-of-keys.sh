#!/bin/sh
# dkimpy fails every signature whose key is published for mail and TLS reports (`s=email:tlsrpt`), Mail::DKIM some of them.
#
# One would guess: `s=` and `h=` of a key are lists, with or without blanks at the colon (RFC 6376, 3.6.1), to every verifier:
# a key that signs mail and the reports of RFC 8460 names both services.
# It is: dkimpy compares the whole value of `s=` with "email", "*" and "tlsrpt". A list is none of these, so mail and reports fail,
# with a list that has "*" in it, too; `h=`, also a list, it reads. Mail::DKIM (Perl, as in SpamAssassin) parts the lists, but
# keeps the blanks, so "email " and " sha256" are other words to it. opendkim takes all of them.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 python3-dkim=1.1.8-2 libmail-dkim-perl=1.20240923-1 opendkim=2.11.0~beta2-9.1+b1 openssl <<'RUN'
export LC_ALL=C
echo "dkimpy 1.1.8, Mail::DKIM $(perl -MMail::DKIM -e 'print $Mail::DKIM::VERSION'), $(opendkim -V | sed -n 's/^opendkim: //p')" >&2
cd /tmp
openssl genrsa -traditional -out key 2048 2>/dev/null
printf '%s\r\n' 'From: jay@example.com' 'To: alice@internet.example' 'Subject: hello' '' hello >message
printf 'TestDNSData /tmp/records\nMode v\nSyslog no\n' >opendkim.conf
cat >sign.py <<'PY'
import dkim
text = open('message', 'rb').read()
sign = dkim.sign(text, b's1', b'example.com', open('key', 'rb').read(), canonicalize=(b'relaxed', b'relaxed'))
open('signed', 'wb').write(sign + text)
PY
cat >verify.py <<'PY'
import dkim, logging
logging.disable(logging.CRITICAL)
text, record = open('signed', 'rb').read(), open('record', 'rb').read()
for what, report in ('mail', False), ('report', True):
    good = dkim.verify(text, dnsfunc=lambda *words, **named: record, tlsrpt=report)
    print(f'dkimpy {"pass" if good else "fail"} as {what}, ', end='')
PY
cat >verify.pl <<'PL'
use Mail::DKIM::Verifier;
package Answer { sub new { bless {} } sub type { 'TXT' } sub char_str_list { ::whole('record') } sub txtdata { ::whole('record') } }
sub whole { open my $file, '<:raw', $_[0]; local $/; scalar <$file> }
{ no warnings 'redefine'; *Mail::DKIM::DNS::query_async = sub { my ($name, $type, %with) = @_; sub { $with{Callbacks}{Success}->(Answer->new) } } }
my $verifier = Mail::DKIM::Verifier->new;
$verifier->PRINT(whole('signed'));
$verifier->CLOSE;
print 'Mail::DKIM ', $verifier->result, ', ';
PL
python3 -W ignore sign.py
for tags in '' 's=email; ' 's=tlsrpt; ' 's=email:tlsrpt; ' 's=email : tlsrpt; ' 's=*:tlsrpt; ' 'h=sha256; ' 'h=sha1:sha256; ' 'h=sha1 : sha256; '; do
  printf 'v=DKIM1; %sp=%s' "$tags" "$(openssl rsa -in key -pubout -outform der 2>/dev/null | base64 -w 0)" >record
  echo "s1._domainkey.example.com $(cat record)" >records
  printf '%s' "\"$tags\" "
  python3 -W ignore verify.py
  perl verify.pl
  opendkim -x opendkim.conf -t signed 2>&1 | grep -q succeeded && echo 'opendkim pass' || echo 'opendkim fail'
done
RUN
)
echo "$seen"
[ "$seen" = '"" dkimpy pass as mail, dkimpy pass as report, Mail::DKIM pass, opendkim pass
"s=email; " dkimpy pass as mail, dkimpy pass as report, Mail::DKIM pass, opendkim pass
"s=tlsrpt; " dkimpy fail as mail, dkimpy pass as report, Mail::DKIM invalid, opendkim fail
"s=email:tlsrpt; " dkimpy fail as mail, dkimpy fail as report, Mail::DKIM pass, opendkim pass
"s=email : tlsrpt; " dkimpy fail as mail, dkimpy fail as report, Mail::DKIM invalid, opendkim pass
"s=*:tlsrpt; " dkimpy fail as mail, dkimpy fail as report, Mail::DKIM pass, opendkim pass
"h=sha256; " dkimpy pass as mail, dkimpy pass as report, Mail::DKIM pass, opendkim pass
"h=sha1:sha256; " dkimpy pass as mail, dkimpy pass as report, Mail::DKIM pass, opendkim pass
"h=sha1 : sha256; " dkimpy pass as mail, dkimpy pass as report, Mail::DKIM invalid, opendkim pass' ] || { echo 'changed' >&2; exit 1; }

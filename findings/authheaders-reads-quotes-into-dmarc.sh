#!/bin/sh
# authheaders (Python) reads the quotes between the strings of a DMARC record as a part of it, and cuts an address at its `=`.
#
# One would guess: a record that came as two strings is put together without anything between them (RFC 7489, 6.1; RFC 7208, 3.3), as
# a long list of addresses has to be written, and a value goes on to the semicolon (6.4): `=` may be in an address.
# It is: authheaders reads the record as it is printed, with quotes, so `" "` stays where the strings meet: in an address, or in
# the name of a tag, which then is another one, `" "rua`. Of `mailto:dmarc+id=42@example.com` it has `mailto:dmarc+id`, and all
# values are in small letters. Mail::DMARC (Perl) reads each as it was written. None of them has an error.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 python3-authheaders=0.16.3-1 libmail-dmarc-perl=1.20240314-1 nsd=4.12.0-1 ldnsutils <<'RUN'
export LC_ALL=C
cd /tmp
echo "authheaders 0.16.3, Mail::DMARC $(perl -MMail::DMARC -e 'print $Mail::DMARC::VERSION'), $(nsd -v 2>&1 | head -n 1)" >&2
cat >zone <<'ZONE'
$ORIGIN example.com.
$TTL 60
@ IN SOA ns1 hostmaster 1 3600 900 604800 300
@ IN NS ns1
ns1 IN A 127.0.0.1
_dmarc.one IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com; fo=1"
_dmarc.two IN TXT "v=DMARC1; p=none; " "rua=mailto:dmarc@example.com; fo=1"
_dmarc.cut IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@exam" "ple.com; fo=1"
_dmarc.equals IN TXT "v=DMARC1; p=none; rua=mailto:dmarc+id=42@example.com; fo=1"
_dmarc.case IN TXT "v=DMARC1; p=none; rua=mailto:Dmarc@example.com; fo=1"
ZONE
cat >nsd.conf <<'CONF'
server:
  ip-address: 127.0.0.1
  username: ""
  chroot: ""
  pidfile: ""
  xfrdfile: ""
  zonelistfile: "/tmp/zonelist"
  zonesdir: "/tmp"
remote-control:
  control-enable: no
zone:
  name: example.com
  zonefile: zone
CONF
nsd -d -c nsd.conf >log 2>&1 &
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
for try in $(seq 50); do drill @127.0.0.1 example.com SOA 2>/dev/null | grep -q NOERROR && break; sleep 0.2; done
cat >read.py <<'PYTHON'
import sys
from authheaders.dmarc_lookup import receiver_record
tags = receiver_record(sys.argv[1])[0]
print(' authheaders', *[name + '=' + tags[name] for name in tags if name not in ('v', 'p')])
PYTHON
cat >read.pl <<'PERL'
use Mail::DMARC::PurePerl;
my $dmarc = Mail::DMARC::PurePerl->new;
$dmarc->header_from($ARGV[0]);
my $tags = $dmarc->discover_policy;
print join(' ', ' Mail::DMARC', map { "$_=$tags->{$_}" } 'rua', 'fo'), "\n";
PERL
for name in one two cut equals case; do
  sed -n "s/^_dmarc.$name IN TXT //p" zone
  python3 read.py $name.example.com
  perl read.pl $name.example.com
done
kill $!
RUN
)
printf '%s\n' "$seen"
[ "$seen" = '"v=DMARC1; p=none; rua=mailto:dmarc@example.com; fo=1"
 authheaders rua=mailto:dmarc@example.com fo=1
 Mail::DMARC rua=mailto:dmarc@example.com fo=1
"v=DMARC1; p=none; " "rua=mailto:dmarc@example.com; fo=1"
 authheaders " "rua=mailto:dmarc@example.com fo=1
 Mail::DMARC rua=mailto:dmarc@example.com fo=1
"v=DMARC1; p=none; rua=mailto:dmarc@exam" "ple.com; fo=1"
 authheaders rua=mailto:dmarc@exam" "ple.com fo=1
 Mail::DMARC rua=mailto:dmarc@example.com fo=1
"v=DMARC1; p=none; rua=mailto:dmarc+id=42@example.com; fo=1"
 authheaders rua=mailto:dmarc+id fo=1
 Mail::DMARC rua=mailto:dmarc+id=42@example.com fo=1
"v=DMARC1; p=none; rua=mailto:Dmarc@example.com; fo=1"
 authheaders rua=mailto:dmarc@example.com fo=1
 Mail::DMARC rua=mailto:Dmarc@example.com fo=1' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# A valid SPF record that passes over IPv4 is a permanent error over IPv6, if it names three hosts without IPv6 first.
#
# One would guess: `v=spf1 a:web a:shop a:office ip6:2001:db8::25 -all` lets the mail server 2001:db8::25 pass. The three hosts
# exist, and that they have no IPv6 only means that they do not match. The limit that everybody counts, ten lookups, is far
# away.
# It is: for a client with IPv6, `a` and `mx` ask for AAAA records only. A name without one is a "void lookup", as if it did not
# exist, and more than two of them are a permanent error (RFC 7208, 4.6.4 and 11.1) to pyspf and Mail::SPF (as in SpamAssassin),
# also where they are spread over includes or are the servers of one `mx`. libspf2 does not count them. Mail over IPv4 shows
# nothing of it. With the addresses first the record passes everywhere. Who sends from a host with both families, as a relay of
# mailtun may be, meets it where the receiver has IPv6, too.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 spfquery=1.2.10-8.3 python3-spf=2.0.14-5 python3-dnspython libmail-spf-perl=3.20250505-1 \
  dnsmasq-base <<'RUN'
export LC_ALL=C
cd /tmp
echo "libspf2 1.2.10, pyspf 2.0.14, Mail::SPF $(perl -MMail::SPF -e 'print $Mail::SPF::VERSION') (Debian 13)" >&2
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
: >/tmp/records
record() {
  echo "txt-record=$1.example,\"v=spf1 $2\"" >>dnsmasq.conf
  echo "$1.example $2" >>records
}
printf '%s\n' no-hosts no-resolv user=root local=/example/ host-record=web.example,192.0.2.1 host-record=shop.example,192.0.2.2 \
  host-record=office.example,192.0.2.3 mx-host=mx.example,web.example mx-host=mx.example,shop.example mx-host=mx.example,office.example \
  'txt-record=one.example,"v=spf1 a:web.example ~all"' 'txt-record=other.example,"v=spf1 a:shop.example a:office.example ~all"' >dnsmasq.conf
own='ip4:192.0.2.25 ip6:2001:db8::25'
record two "a:web.example a:shop.example $own -all"
record three "a:web.example a:shop.example a:office.example $own -all"
record first "$own a:web.example a:shop.example a:office.example -all"
record include "include:one.example include:other.example $own -all"
record mx "mx $own -all"
dnsmasq -C dnsmasq.conf --pid-file=/tmp/pid
cat >check.pl <<'PL'
use Mail::SPF;
my ($address, $domain) = @ARGV;
my $request = Mail::SPF::Request->new(scope => 'mfrom', identity => "jay\@$domain", ip_address => $address, helo_identity => 'mx1.example');
print Mail::SPF::Server->new->process($request)->code;
PL
while read -r domain terms; do
  echo "$terms"
  for address in 192.0.2.25 2001:db8::25; do
    echo "  $address: libspf2 $(spfquery.libspf2 -ip "$address" -sender "jay@$domain" -helo mx1.example 2>/dev/null | head -n 1)," \
      "pyspf $(python3 -c 'import spf, sys; print(spf.check2(i=sys.argv[1], s="jay@" + sys.argv[2], h="mx1.example")[0])' "$address" "$domain")," \
      "Mail::SPF $(perl check.pl "$address" "$domain")"
  done
done <records
kill "$(cat /tmp/pid)"
RUN
)
echo "$seen"
[ "$seen" = 'a:web.example a:shop.example ip4:192.0.2.25 ip6:2001:db8::25 -all
  192.0.2.25: libspf2 pass, pyspf pass, Mail::SPF pass
  2001:db8::25: libspf2 pass, pyspf pass, Mail::SPF pass
a:web.example a:shop.example a:office.example ip4:192.0.2.25 ip6:2001:db8::25 -all
  192.0.2.25: libspf2 pass, pyspf pass, Mail::SPF pass
  2001:db8::25: libspf2 pass, pyspf permerror, Mail::SPF permerror
ip4:192.0.2.25 ip6:2001:db8::25 a:web.example a:shop.example a:office.example -all
  192.0.2.25: libspf2 pass, pyspf pass, Mail::SPF pass
  2001:db8::25: libspf2 pass, pyspf pass, Mail::SPF pass
include:one.example include:other.example ip4:192.0.2.25 ip6:2001:db8::25 -all
  192.0.2.25: libspf2 pass, pyspf pass, Mail::SPF pass
  2001:db8::25: libspf2 pass, pyspf permerror, Mail::SPF permerror
mx ip4:192.0.2.25 ip6:2001:db8::25 -all
  192.0.2.25: libspf2 pass, pyspf pass, Mail::SPF pass
  2001:db8::25: libspf2 pass, pyspf permerror, Mail::SPF permerror' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# DNS::ZoneParse (Perl) reads a zone and writes a DKIM key of two strings back as one string with quotes in the middle.
#
# One would guess: `"v=DKIM1; k=rsa; " "p=…"`, how every key of 2048 bits has to be written (RFC 1035, 3.3: a string has at
# most 255 bytes), comes back as two strings or as one; and a record without a TTL gets that of $TTL (RFC 2308, 4).
# It is: the quotes between the strings are escaped, so they are a part of the text, and what reads the record
# finds `" "p` instead of `p`: no key, all signatures fail. A TTL that one record has is given to those
# behind it. Neither makes a warning, as TLSA and CAA do, which it leaves out.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 perl libdns-zoneparse-perl=1.10-1.1 <<'RUN'
export LC_ALL=C
cat >/tmp/zone <<'ZONE'
$ORIGIN example.com.
$TTL 3600
@ IN SOA ns1 hostmaster ( 1 3600 900 604800 300 )
@ IN NS ns1
ns1 IN A 192.0.2.25
s1._domainkey IN TXT "v=DKIM1; k=rsa; " "p=MIIBIjANBg"
_dmarc 300 IN TXT "v=DMARC1; p=none"
www IN CNAME ns1
ZONE
perl -MDNS::ZoneParse -e '
  print STDERR "DNS::ZoneParse $DNS::ZoneParse::VERSION\n";
  print DNS::ZoneParse->new("/tmp/zone")->output;' 2>/tmp/said >/tmp/written
head -n 1 /tmp/said >&2
echo "$(sed 1d /tmp/said | wc -l) warnings"
grep -E '^(s1|_dmarc|www)' /tmp/written | tr '\t' ' '
RUN
)
echo "$seen"
[ "$seen" = '0 warnings
www 300 IN CNAME ns1
s1._domainkey 3600 IN TXT "v=DKIM1\; k=rsa\; \" \"p=MIIBIjANBg"
_dmarc 300 IN TXT "v=DMARC1\; p=none"' ] || { echo 'changed' >&2; exit 1; }

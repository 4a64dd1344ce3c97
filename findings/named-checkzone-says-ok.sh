#!/bin/sh
# named-checkzone (BIND) says OK, with exit 0, to zones that no mail gets through or that no one can verify.
#
# One would guess: exit 0 means that the MX, TLSA and SPF records of a zone can work.
# It is: an MX that is a CNAME is called "illegal" on the way to OK; an MX that is an address is a warning; a TLSA 3 1 1
# whose digest is 8 instead of 32 bytes long and two SPF records (a permanent error to every receiver, RFC 7208 4.5) get
# no word at all; a TXT value without quotes ends at its first semicolon, unnoticed.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -qq 'bind9-utils=1:9.18.*' 'bind9-libs=1:9.18.*' libjemalloc2 libfstrm0 libprotobuf-c1 libmaxminddb0 libuv1 libjson-c5 \
  libnghttp2-14 liblmdb0 libxml2 >/dev/null 2>&1
for deb in *.deb; do dpkg-deb -x "$deb" .; done
LD_LIBRARY_PATH=$dir/usr/lib/x86_64-linux-gnu
export LD_LIBRARY_PATH
cat >zone <<'ZONE'
$ORIGIN example.com.
$TTL 3600
@ IN SOA ns hostmaster 1 2 3 4 5
@ IN NS ns
ns IN A 192.0.2.53
mx1 IN AAAA 2001:db8:1234:1234::6969
alias IN CNAME mx1
@ IN MX 10 alias
@ IN TXT "v=spf1 ip6:2001:db8:1234:1234::b17e -all"
@ IN TXT "v=spf1 mx -all"
_25._tcp.mx1 IN TLSA 3 1 1 0123456789abcdef
_dmarc IN TXT v=DMARC1; p=none
ZONE
usr/bin/named-checkzone -v | sed 's/^/named-checkzone /'
status=0
seen=$(usr/bin/named-checkzone example.com zone) || status=$?
echo "$seen"
echo "exit $status"
text=$(usr/bin/named-compilezone -o - example.com zone 2>/dev/null | sed -n 's/^_dmarc.*TXT[[:space:]]*//p')
echo "_dmarc: $text"
[ "$status" = 0 ] && [ "$text" = '"v=DMARC1"' ] && [ "$seen" = "zone example.com/IN: example.com/MX 'alias.example.com' is a CNAME (illegal)
zone example.com/IN: loaded serial 1
OK" ] || { echo 'changed' >&2; exit 1; }

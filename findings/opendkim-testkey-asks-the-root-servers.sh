#!/bin/sh
# opendkim-testkey asks the root servers instead of the nameserver of resolv.conf(5), and may call a valid key an error.
#
# One would guess: the test of a DKIM key looks it up where the host looks up all names (an internal nameserver, a forwarder,
# a view of its own).
# It is: without a configuration it resolves the name itself from the root servers on. Where a firewall lets the nameserver
# alone do that, or the zone is known to the own nameserver only, a valid key gives exit 69 and "unexpected reply class/type
# (-1/-1)", which says nothing of that. `Nameservers` in a file for -x ends it, although opendkim-testkey(8) does not name it
# among "the only values used". Besides, Ed25519 keys can't be tested ("expecting an rsa key"), and a record with `v=DKIM1` at
# its end passes, although that tag has to be the first one (RFC 6376, 3.6.1).
# The root servers are addresses on the loopback of a namespace. Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opendkim-tools=2.11.0~beta2-9.1+b1 dnsmasq-base=2.91-1+deb13u2 iproute2 openssl <<'RUN'
export LC_ALL=C
cd /tmp
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
for key in 'rsa -pkeyopt rsa_keygen_bits:1024' ed25519; do
  name=${key%% *}
  openssl genpkey -algorithm $key -out $name.key 2>/dev/null
  openssl pkey -in $name.key -pubout -outform DER | if [ $name = rsa ]; then cat; else tail -c 32; fi | base64 -w 0 >$name.public
done
chmod 600 *.key
printf 'txt-record=%s._domainkey.example.com,"%s"\n' s1 "v=DKIM1; p=$(cat rsa.public)" last "p=$(cat rsa.public); v=DKIM1" \
  ed "v=DKIM1; k=ed25519; p=$(cat ed25519.public)" >zone
roots='198.41.0.4 170.247.170.2 199.9.14.201 192.33.4.12 199.7.91.13 192.203.230.10 192.5.5.241 192.112.36.4 198.97.190.53
  192.36.148.17 192.58.128.30 193.0.14.129 199.7.83.42 202.12.27.33'
for address in $roots; do ip addr add "$address/32" dev lo; done
serve() {
  file=$1
  shift
  dnsmasq -k --user=root --no-resolv --no-hosts --pid-file= --bind-interfaces --log-queries --log-facility="$file" "$@" &
}
serve /tmp/asked --conf-file=/tmp/zone --local=/example.com/ --listen-address=127.0.0.1
serve /tmp/root-asked --conf-file=/dev/null $(printf -- '--listen-address=%s ' $roots)
for try in $(seq 50); do [ -s asked ] && [ -s root-asked ] && break; sleep 0.1; done
echo 'Nameservers 127.0.0.1' >conf
count() { [ "$(grep -c query "$1")" -gt 0 ] && echo yes || echo no; }
try() {
  : >asked
  : >root-asked
  said=$(opendkim-testkey -d example.com "$@" 2>&1) && code=0 || code=$?
  echo "$*: exit $code, asked the nameserver: $(count asked), the root servers: $(count root-asked)"
  echo "$said" | tr -d "'" | sed -n 's/^opendkim-testkey: /  /p; s/^error:.*routines::/  /p'
}
try -s s1 -k rsa.key
try -s none -k rsa.key
try -x conf -s s1 -k rsa.key
try -x conf -s none -k rsa.key
try -x conf -s ed -k ed25519.key
try -x conf -s last -k rsa.key
RUN
)
echo "$seen"
[ "$seen" = '-s s1 -k rsa.key: exit 69, asked the nameserver: no, the root servers: yes
  s1._domainkey.example.com unexpected reply class/type (-1/-1)
-s none -k rsa.key: exit 69, asked the nameserver: no, the root servers: yes
  none._domainkey.example.com unexpected reply class/type (-1/-1)
-x conf -s s1 -k rsa.key: exit 0, asked the nameserver: yes, the root servers: no
-x conf -s none -k rsa.key: exit 69, asked the nameserver: yes, the root servers: no
  none._domainkey.example.com record not found
-x conf -s ed -k ed25519.key: exit 69, asked the nameserver: yes, the root servers: no
  EVP_PKEY_get1_RSA() failed
  expecting an rsa key
-x conf -s last -k rsa.key: exit 0, asked the nameserver: yes, the root servers: no' ] || { echo 'changed' >&2; exit 1; }

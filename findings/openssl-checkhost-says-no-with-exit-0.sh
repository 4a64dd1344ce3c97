#!/bin/sh
# openssl x509 -checkhost says "does NOT match" and exits with 0 in OpenSSL 3.0 (Debian 12), with 1 in 3.5 (Debian 13).
#
# One would guess: -checkhost is a test as -checkend beside it is, so `openssl x509 -checkhost NAME && use` works, here and
# there.
# It is: up to 3.0 only -checkend sets the exit status; a script for -checkhost has to read the English sentence, and one
# that was right on the newer release lets every certificate through on the older.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
here=$(cd "$(dirname "$0")" && pwd)
cd "$dir"
apt-get download -qq 'openssl=3.0.*' 'libssl3=3.0.*' >/dev/null 2>&1
for deb in *.deb; do dpkg-deb -x "$deb" .; done
cat >look <<'RUN'
openssl version | cut -d ' ' -f 1,2 | sed 's/[.][0-9]*$//'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out cert -days 30 -subj /CN=mx1.example.com \
  -addext subjectAltName=DNS:mx1.example.com 2>/dev/null
openssl x509 -in cert -noout -checkhost mx2.example.com; echo "exit $?"
openssl x509 -in cert -noout -checkend 8640000; echo "exit $?"
RUN
seen="$(LD_LIBRARY_PATH=$dir/usr/lib/x86_64-linux-gnu PATH=$dir/usr/bin:$PATH OPENSSL_CONF=/etc/ssl/openssl.cnf sh look)
$("$here"/in-debian-13 openssl <look)"
echo "$seen"
[ "$seen" = 'OpenSSL 3.0
Hostname mx2.example.com does NOT match certificate
exit 0
Certificate will expire
exit 1
OpenSSL 3.5
Hostname mx2.example.com does NOT match certificate
exit 1
Certificate will expire
exit 1' ] || { echo 'changed' >&2; exit 1; }

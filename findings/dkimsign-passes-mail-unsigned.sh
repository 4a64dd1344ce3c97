#!/bin/sh
# dkimsign (dkimpy) passes a message on without a signature, with exit 0, if it can't read the Ed25519 key.
#
# One would guess: Ed25519 keys for DKIM (RFC 8463) are files of one form, as RSA keys are, so the key that one tool has made
# can be used by the next one; and a filter that can't sign ends with an error, so that the mail is not sent so.
# It is: dknewkey writes 32 bytes in base64, `rspamadm dkim_keygen -t ed25519` 64 bytes, `openssl genpkey` PEM. dkimsign reads
# its own form alone (and rspamadm's ed25519-seed). For the others it prints a line to standard error and the message as it
# came: exit 0. filter-dkimsign of OpenSMTPD reads PEM alone, and does not start with another form.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 python3-dkim=1.1.8-2 python3-nacl rspamd=3.12.1-1 openssl \
  opensmtpd-filter-dkimsign=0.5-2.1 <<'RUN'
export LC_ALL=C
cd /tmp
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
dknewkey --ktype ed25519 dknewkey 2>/dev/null
for type in ed25519 ed25519-seed; do rspamadm dkim_keygen -s s1 -d example.com -t $type -k rspamadm-$type.key >/dev/null; done
openssl genpkey -algorithm ed25519 -out openssl.key
mkfifo none
sleep 60 >none &
printf 'From: jay@example.com\r\nTo: bob@example.com\r\nSubject: hello\r\n\r\ntext\r\n' >mail
for maker in dknewkey rspamadm-ed25519-seed rspamadm-ed25519 openssl; do
  dkimsign --signalg ed25519-sha256 s1 example.com $maker.key <mail >out 2>said && code=0 || code=$?
  set -- -a ed25519-sha256 -d example.com -s s1 -k $maker.key
  filter=$(/usr/libexec/opensmtpd/filter-dkimsign "$@" 2>&1 <none | head -n 1 | tr -d "'")
  case $filter in register*) filter='it starts' ;; esac
  echo "$maker, $(wc -c <$maker.key) bytes: dkimsign exit $code, signatures: $(grep -c ^DKIM-Signature out)," \
    "says \"$(cat said)\"; filter-dkimsign: $filter"
done
RUN
)
echo 'dkimpy 1.1.8, rspamadm 3.12.1, filter-dkimsign 0.5 (Debian 13)'
echo "$seen"
[ "$seen" = 'dknewkey, 44 bytes: dkimsign exit 0, signatures: 1, says ""; filter-dkimsign: Cant read key file
rspamadm-ed25519-seed, 44 bytes: dkimsign exit 0, signatures: 1, says ""; filter-dkimsign: Cant read key file
rspamadm-ed25519, 88 bytes: dkimsign exit 0, signatures: 0, says "invalid ed25519 private key or format"; filter-dkimsign: Cant read key file
openssl, 119 bytes: dkimsign exit 0, signatures: 0, says "invalid ed25519 private key or format"; filter-dkimsign: it starts' ] || { echo 'changed' >&2; exit 1; }

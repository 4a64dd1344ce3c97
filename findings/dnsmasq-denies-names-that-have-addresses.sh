#!/bin/sh
# dnsmasq says that a name does not exist for which it has an address, and OpenSMTPD returns the mail for it.
#
# One would guess: `local=/lan/` and `address=/nas.lan/10.9.0.3`, for a LAN whose names nobody else is to be asked about, give nas.lan
# an address and no other record: the answer to MX is empty, and mail goes to the address (RFC 5321, 5.1).
# It is: the answer to A has the address, and that to MX, AAAA or TXT is NXDOMAIN, that there is no such name at all (RFC 2308, 2.1;
# RFC 8020): for other types than that of the address `address=` is as if it were not there, and `local=/lan/` has no such name.
# OpenSMTPD asks for the MX first and returns the mail at once, "Domain does not exist", while ping(8) and ssh(1) find the host.
# With `host-record=nas.lan,10.9.0.3`, or `local=/nas.lan/` in addition, the answer is empty and the mail arrives.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 dnsmasq-base=2.91-1+deb13u2 ldnsutils=1.8.4-2+b1 iproute2 ca-certificates <<'RUN'
export LC_ALL=C
dnsmasq --version | head -n 1 >&2
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
mkdir -p /etc/ssl/certs
cat /usr/share/ca-certificates/mozilla/*.crt >/etc/ssl/certs/ca-certificates.crt
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
cd /tmp
ip addr add 10.9.0.3/32 dev lo
cat >/etc/smtpd.conf <<'CONF'
listen on socket
listen on 10.9.0.3 tag NAS
table all { "@" = jay }
action "taken" mda "cat >/dev/null" virtual <all>
action "relay" relay
match tag NAS from any for any action "taken"
match from local for any action "relay"
CONF
ask() { drill @127.0.0.1 nas.lan "$1" | sed -n 's/.*rcode: \([A-Z]*\),.*/\1/p'; }
try() {
  dnsmasq -k --conf-file=/dev/null --user=root --no-resolv --no-hosts --pid-file= "$@" &
  dnsmasq=$!
  for try in $(seq 50); do drill @127.0.0.1 nas.lan A >/dev/null 2>&1 && break; sleep 0.2; done
  echo "$*"
  echo "  A $(ask A); AAAA $(ask AAAA); MX $(ask MX)"
  rm -rf /var/spool/smtpd/queue
  smtpd -d >log 2>&1 &
  smtpd=$!
  for try in $(seq 50); do smtpctl show status >/dev/null 2>&1 && break; sleep 0.2; done
  echo 'Subject: hello' | sendmail -f jay@mx.lan bob@nas.lan
  for try in $(seq 75); do grep -q 'mta delivery' log && break; sleep 0.2; done
  sed -n 's/.*mta delivery.*to=<bob@nas.lan>.*result="\([^"]*\)" stat="\([^"]*\)".*/  \1, \2/p' log | sed 's/2.0.0 [0-9a-f]* /2.0.0 /'
  kill $smtpd $dnsmasq
  wait $smtpd $dnsmasq || :
}
try --local=/lan/ --host-record=nas.lan,10.9.0.3
try --local=/lan/ --address=/nas.lan/10.9.0.3
try --local=/lan/ --local=/nas.lan/ --address=/nas.lan/10.9.0.3
RUN
)
echo "$seen"
[ "$seen" = '--local=/lan/ --host-record=nas.lan,10.9.0.3
  A NOERROR; AAAA NOERROR; MX NOERROR
  Ok, 250 2.0.0 Message accepted for delivery
--local=/lan/ --address=/nas.lan/10.9.0.3
  A NOERROR; AAAA NXDOMAIN; MX NXDOMAIN
  PermFail, Domain does not exist
--local=/lan/ --local=/nas.lan/ --address=/nas.lan/10.9.0.3
  A NOERROR; AAAA NOERROR; MX NOERROR
  Ok, 250 2.0.0 Message accepted for delivery' ] || { echo 'changed' >&2; exit 1; }

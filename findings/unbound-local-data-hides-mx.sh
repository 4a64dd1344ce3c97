#!/bin/sh
# One address in unbound's `local-data` takes the MX and SPF records of the domain away, and OpenSMTPD sends its mail to that address.
#
# One would guess: `local-data: "example.com. A 10.0.0.80"`, which gives a LAN the inner address of its web server, replaces the
# address and nothing else, as `host-record=` of dnsmasq does; what unbound was not told about example.com it still asks for.
# It is: a name in local-data has only the types that local-data gives it. For all others, MX and TXT among them, unbound
# answers that there are none, without asking anybody; names below it, _dmarc and mail, are as before. A domain without MX is
# its own mail server (RFC 5321, 5.1), so the mail goes to the web server, where it waits or is returned; SPF is gone for
# filters, too. unbound-checkconf says "no errors". With `local-zone: "example.com." typetransparent` it is as guessed.
# A gateway of mailtun whose unbound answers the LAN meets it, if its own smtpd asks that unbound.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 unbound=1.26.2-0+deb13u1 dnsmasq-base=2.91-1+deb13u2 ldnsutils=1.8.4-2+b1 \
  iproute2 ca-certificates <<'RUN'
export LC_ALL=C
{ unbound -V | sed -n 's/^Version /unbound /p'; dnsmasq --version | head -n 1; smtpd -h 2>&1 | sed -n 's/^version: //p'; } >&2
mkdir -p -m 711 /var/spool/smtpd
mkdir -p /etc/ssl/certs
cat /usr/share/ca-certificates/mozilla/*.crt >/etc/ssl/certs/ca-certificates.crt
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
cd /tmp
for address in 192.0.2.25 192.0.2.80 10.0.0.80; do ip addr add $address/32 dev lo; done
# The view of the internet. Nobody listens at any of the addresses: the log says which one smtpd tries.
dnsmasq --port=5301 --user=root --no-resolv --no-hosts --local=/com/ --mx-host=example.com,mail.example.com,10 \
  --host-record=mail.example.com,192.0.2.25 --host-record=example.com,192.0.2.80 --txt-record=example.com,'v=spf1 mx -all' \
  --txt-record=_dmarc.example.com,'v=DMARC1; p=none' --pid-file=/tmp/internet.pid
printf '%s\n' 'listen on socket' 'action "out" relay' 'match from any for any action "out"' >/etc/smtpd.conf
ask() { drill @127.0.0.1 "$@" | sed -n "s/^[^;].*IN[[:space:]]*$2[[:space:]]*//p"; }
try() {
  echo "$1"
  for try in $(seq 50); do [ -n "$(ask _dmarc.example.com TXT)" ] && break; sleep 0.2; done
  echo "  A $(ask example.com A); MX $(ask example.com MX); TXT $(ask example.com TXT); _dmarc $(ask _dmarc.example.com TXT)"
  rm -rf /var/spool/smtpd/queue
  smtpd -d >log 2>&1 &
  smtpd=$!
  for try in $(seq 50); do smtpctl show status >/dev/null 2>&1 && break; sleep 0.2; done
  echo 'Subject: hello' | sendmail -f bob@example.net jay@example.com
  for try in $(seq 75); do grep -q 'mta error' log && break; sleep 0.2; done
  sed -n 's/.*mta connecting address=\([^ ]*\).*/  mail for jay@example.com: \1/p' log | head -n 1
  kill $smtpd
  wait $smtpd || :
}
with_unbound() {
  cat >conf <<CONF
server:
  interface: 127.0.0.1
  do-daemonize: no
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  do-not-query-localhost: no
$1
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@5301
CONF
  unbound-checkconf conf >checked || cat checked
  unbound -d -c conf 2>/dev/null &
  unbound=$!
  try "unbound:${1:- no local-data}"
  kill $unbound
  wait $unbound || :
}
with_unbound ''
with_unbound ' local-data: "example.com. A 10.0.0.80"'
with_unbound ' local-data: "example.com. A 10.0.0.80"
 local-zone: "example.com." typetransparent'
dnsmasq --user=root --no-resolv --no-hosts --server=127.0.0.1#5301 --host-record=example.com,10.0.0.80 --pid-file=/tmp/lan.pid
try 'dnsmasq --host-record=example.com,10.0.0.80'
kill "$(cat lan.pid)" "$(cat internet.pid)"
RUN
)
echo "$seen"
[ "$seen" = 'unbound: no local-data
  A 192.0.2.80; MX 10 mail.example.com.; TXT "v=spf1 mx -all"; _dmarc "v=DMARC1; p=none"
  mail for jay@example.com: smtp://192.0.2.25:25
unbound: local-data: "example.com. A 10.0.0.80"
  A 10.0.0.80; MX ; TXT ; _dmarc "v=DMARC1; p=none"
  mail for jay@example.com: smtp://10.0.0.80:25
unbound: local-data: "example.com. A 10.0.0.80"
 local-zone: "example.com." typetransparent
  A 10.0.0.80; MX 10 mail.example.com.; TXT "v=spf1 mx -all"; _dmarc "v=DMARC1; p=none"
  mail for jay@example.com: smtp://192.0.2.25:25
dnsmasq --host-record=example.com,10.0.0.80
  A 10.0.0.80; MX 10 mail.example.com.; TXT "v=spf1 mx -all"; _dmarc "v=DMARC1; p=none"
  mail for jay@example.com: smtp://192.0.2.25:25' ] || { echo 'changed' >&2; exit 1; }

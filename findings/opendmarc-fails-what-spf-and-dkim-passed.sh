#!/bin/sh
# opendmarc says "dmarc=fail" for mail that passed SPF or DKIM if the field that says so has addresses instead of domains.
#
# One would guess: opendmarc, told to trust mx.example.com, reads its Authentication-Results as RFC 8601 defines them: a value
# is a domain, with or without a local part before it (2.2, pvalue), so `spf=pass smtp.mailfrom=bob@example.net` is what `spf=pass
# smtp.mailfrom=example.net` is, `header.i=@example.net` names the signer (as in an example of its appendix B), and `dkim/1` is dkim.
# It is: of smtp.mailfrom the whole text is compared with the domain in From, header.i is not looked at without a header.d,
# and `dkim/1` is not dkim. The mail fails, so with "p=reject" of its domain and RejectFailures it is refused, though the server
# before has said that SPF and DKIM passed. Which of the forms a server writes is its own choice.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opendmarc=1.4.2-5 miltertest=2.11.0~beta2-9.1+b1 nsd=4.12.0-1 netcat-openbsd=1.229-1 <<'RUN'
export LC_ALL=C
cd /tmp
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
cat >zone <<'ZONE'
@ 3600 SOA ns. root. 1 1 1 1 1
@ 3600 NS ns.
ns. 3600 A 127.0.0.1
example.net. 3600 A 127.0.0.1
_dmarc.example.net. 3600 TXT "v=DMARC1; p=reject"
ZONE
cat >nsd.conf <<'CONF'
server:
  ip-address: 127.0.0.1
  username: ""
  chroot: ""
  zonesdir: /tmp
  pidfile: /tmp/nsd.pid
  zonelistfile: /tmp/nsd.list
  xfrdfile: ""
  logfile: /tmp/nsd.log
remote-control:
  control-enable: no
zone:
  name: .
  zonefile: zone
CONF
nsd -d -c nsd.conf 2>/dev/null &
printf '%s\n' 'AuthservID mx.example.com' 'TrustedAuthservIDs mx.example.com' 'Socket inet:8893@127.0.0.1' 'Syslog no' >opendmarc.conf
opendmarc -f -u root -c opendmarc.conf 2>/dev/null &
for try in $(seq 50); do
  [ -e nsd.log ] && grep -q started nsd.log && nc.openbsd -z 127.0.0.1 8893 2>/dev/null && break
  sleep 0.2
done
cat >test.lua <<'LUA'
for _, result in ipairs({ "spf=pass smtp.mailfrom=example.net", "spf=pass smtp.mailfrom=bob@example.net", "dkim=pass header.d=example.net",
  "dkim=pass header.i=@example.net", "dkim=pass header.i=@example.net header.d=example.net", "dkim/1=pass header.d=example.net" }) do
  local c = mt.connect("inet:8893@127.0.0.1")
  mt.conninfo(c, "mail.example.net", "192.0.2.1")
  mt.helo(c, "mail.example.net")
  mt.macro(c, SMFIC_MAIL, "i", "q1")
  mt.mailfrom(c, "<bob@example.net>")
  mt.rcptto(c, "<jay@example.com>")
  mt.header(c, "Authentication-Results", "mx.example.com; " .. result)
  mt.header(c, "From", "bob@example.net")
  mt.header(c, "Date", "Sat, 28 Nov 2026 20:00:00 +0000")
  mt.eoh(c)
  mt.eom(c)
  print(result .. ": " .. mt.getheader(c, "Authentication-Results", 0):match("dmarc=%a+"))
  mt.disconnect(c)
end
LUA
miltertest -s test.lua
RUN
)
echo 'opendmarc 1.4.2 (Debian 13)'
echo "$seen"
[ "$seen" = 'spf=pass smtp.mailfrom=example.net: dmarc=pass
spf=pass smtp.mailfrom=bob@example.net: dmarc=fail
dkim=pass header.d=example.net: dmarc=pass
dkim=pass header.i=@example.net: dmarc=fail
dkim=pass header.i=@example.net header.d=example.net: dmarc=pass
dkim/1=pass header.d=example.net: dmarc=fail' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# spfquery exits with 0 for a pass, for a broken record or for everything, depending on which of three packages has the name.
#
# One would guess: Debian's three packages with the command `spfquery`, alternatives of each other, tell a script the
# same: exit 0 for a pass and another number for a fail, or the same numbers at least.
# It is: Mail::SPF (spf-tools-perl, which has the name where it is installed) exits with 0 for a pass, 1 for a fail and 4 for a
# record with an error; libspf2 (spfquery) with 2, 3 and, for the error, 0; pyspf (spf-tools-python) with 0 whatever it says. So
# `spfquery ... && accept`, right with the first, takes all mail with the third, and with libspf2 that of broken records only. The
# first line of the output is a result with all three, but for libspf2 "StartError" is both a broken record and none.
# Needs root, for folder trees of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 spf-tools-perl=3.20250505-1 spfquery=1.2.10-8.3 spf-tools-python=2.0.14-5 unbound=1.26.2-0+deb13u1 <<'RUN'
export LC_ALL=C
echo 'Mail::SPF 3.20250505, libspf2 1.2.10, pyspf 2.0.14 (Debian 13)' >&2
cat >/tmp/conf <<'CONF'
server:
  interface: 127.0.0.1
  do-daemonize: no
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  local-zone: "example." static
  local-data: 'one.example. TXT "v=spf1 ip4:192.0.2.9 -all"'
  local-data: 'two.example. TXT "v=spf1 -all"'
  local-data: 'three.example. TXT "v=spf1 ~all"'
  local-data: 'four.example. TXT "v=spf1 ipv4:192.0.2.9 -all"'
  local-data: 'five.example. TXT "no SPF here"'
CONF
echo nameserver 127.0.0.1 >/etc/resolv.conf
unbound -d -c /tmp/conf 2>/tmp/log &
for try in $(seq 50); do spfquery.pyspf --ip 192.0.2.9 --sender jay@one.example 2>/dev/null | grep pass >/dev/null && break; sleep 0.2; done
for record in 'one v=spf1 ip4:192.0.2.9 -all' 'two v=spf1 -all' 'three v=spf1 ~all' 'four v=spf1 ipv4:192.0.2.9 -all' 'five no SPF here'; do
  echo "${record#* }"
  for program in mail-spf-perl libspf2 pyspf; do
    spfquery.$program --ip 192.0.2.9 --sender "jay@${record%% *}.example" >/tmp/said 2>/dev/null && code=0 || code=$?
    echo "  spfquery.$program: $(head -n 1 /tmp/said), exit $code"
  done
done
RUN
)
echo "$seen"
[ "$seen" = 'v=spf1 ip4:192.0.2.9 -all
  spfquery.mail-spf-perl: pass, exit 0
  spfquery.libspf2: pass, exit 2
  spfquery.pyspf: pass, exit 0
v=spf1 -all
  spfquery.mail-spf-perl: fail, exit 1
  spfquery.libspf2: fail, exit 3
  spfquery.pyspf: fail, exit 0
v=spf1 ~all
  spfquery.mail-spf-perl: softfail, exit 2
  spfquery.libspf2: softfail, exit 4
  spfquery.pyspf: softfail, exit 0
v=spf1 ipv4:192.0.2.9 -all
  spfquery.mail-spf-perl: permerror, exit 4
  spfquery.libspf2: StartError, exit 0
  spfquery.pyspf: permerror, exit 0
no SPF here
  spfquery.mail-spf-perl: none, exit 6
  spfquery.libspf2: StartError, exit 5
  spfquery.pyspf: none, exit 0' ] || { echo 'changed' >&2; exit 1; }

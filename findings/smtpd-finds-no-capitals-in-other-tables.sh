#!/bin/sh
# OpenSMTPD never finds an entry with a capital in a table of sqlite or passwd; in a file it finds it in any case.
#
# One would guess: all kinds of tables(5) answer alike, so what works in `file:` works after a move to opensmtpd-table-sqlite or
# opensmtpd-table-passwd; and a name that is asked for exactly as it is written there is found.
# It is: smtpd asks for the key in lower case. Of a file it also reads the keys in lower case; the programs behind the
# other kinds compare exactly. `Info@` in SQLite is refused with 524, however the sender writes it, and so is a user `Info`
# of passwd, with 550. `smtpd -n` accepts both. For SQLite the query can help: `where lower(address)=?`.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 opensmtpd-table-sqlite=1.0.1-1+b1 opensmtpd-table-passwd=1.0.2-1+b1 \
  sqlite3 netcat-openbsd=1.229-1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
printf '%s\n' 'Info@file.example jay' 'sales@file.example jay' >/etc/virtual
sqlite3 /etc/virtual.db "create table virtual (address text, destination text);
  insert into virtual values ('Info@sqlite.example', 'jay'), ('sales@sqlite.example', 'jay');"
printf '%s\n' 'dbpath /etc/virtual.db' 'query_alias select destination from virtual where address=?;' >/etc/sqlite.conf
printf '%s\n' 'Info::1000:1000::/home/jay:/bin/sh' 'sales::1000:1000::/home/jay:/bin/sh' >/etc/users
cat >/etc/smtpd.conf <<'CONF'
listen on lo
table file file:/etc/virtual
table sqlite sqlite:/etc/sqlite.conf
table users passwd:/etc/users
action "file" maildir virtual <file>
action "sqlite" maildir virtual <sqlite>
action "passwd" maildir userbase <users>
match from any for domain file.example action "file"
match from any for domain sqlite.example action "sqlite"
match from any for domain passwd.example action "passwd"
CONF
smtpd -n 2>&1
smtpd -d >/tmp/log 2>&1 &
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
for kind in file sqlite passwd; do
  for name in sales Sales Info info; do
    for line in 'EHLO me' 'MAIL FROM:<>' "RCPT TO:<$name@$kind.example>" QUIT; do printf '%s\r\n' "$line"; sleep 0.4; done |
      nc.openbsd -N 127.0.0.1 25 | sed -n "s/^\([25][0-9]*\) .*[Rr]ecipient.*/$kind, $name: \1/p; s/^\(524\) .*/$kind, $name: \1/p"
  done
done
kill $!
RUN
)
echo "$seen"
[ "$seen" = 'configuration OK
file, sales: 250
file, Sales: 250
file, Info: 250
file, info: 250
sqlite, sales: 250
sqlite, Sales: 250
sqlite, Info: 524
sqlite, info: 524
passwd, sales: 250
passwd, Sales: 250
passwd, Info: 550
passwd, info: 550' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# OpenSMTPD puts mail for jay+Lists into the folder `.lists` of a maildir, and into the inbox where there is only `.Lists`.
#
# One would guess: the part behind the + names a folder as it is written, as Delivered-To and the log show it; IMAP
# clients make folders with a capital, and a local part is case-sensitive (RFC 5321, 2.4).
# It is: smtpd makes it small before it hands it to mail.maildir, so a folder with a capital is never delivered to, however
# the address is written. The folder for junk is `.Junk`, so jay+junk never reaches it. `jay+a.b`
# goes to `.a.b`, which is the folder b within a (Maildir++).
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 <<'RUN'
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
printf '%s\n' 'listen on socket' 'action "inbox" maildir' 'match for any action "inbox"' >/etc/smtpd.conf
for folder in .Lists .News .news .a.b; do
  for part in new cur tmp; do mkdir -p "/home/jay/Maildir/$folder/$part"; done
done
chown -R jay /home/jay
smtpd
for try in $(seq 50); do smtpctl show status >/dev/null 2>&1 && break; sleep 0.2; done
for to in jay+Lists jay+lists jay+News jay+news jay+a.b; do
  echo hello | sendmail -f jay@example.com "$to@example.com"
  for try in $(seq 50); do [ -z "$(smtpctl show queue)" ] && grep -rq hello /home/jay/Maildir && break; sleep 0.2; done
  cd /home/jay/Maildir
  for file in new/* .*/new/*; do
    [ -f "$file" ] || continue
    echo "$(sed -n 's/^Delivered-To: //p' "$file"): ${file%/*}"
    rm "$file"
  done
done
RUN
)
echo "$seen"
[ "$seen" = 'jay+Lists@example.com: new
jay+lists@example.com: new
jay+News@example.com: .news/new
jay+news@example.com: .news/new
jay+a.b@example.com: .a.b/new' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# nullmailer sends a message to none of its recipients if the server refuses one of them.
#
# One would guess: as with every mail queue, each recipient that the server accepts gets the message, and the sender hears of
# the others; a recipient that is refused for now (450, as by greylisting or a full mailbox) is tried again alone.
# It is: nullmailer ends the session at the first refusal. After 550 for one of three the message is moved to the folder
# "failed", the bounce names all three recipients, and nothing is sent to anybody. After 450 the whole message
# waits, up to seven days (queuelifetime), for all. A cron job that writes to two people, one of whom has left,
# reaches nobody any more.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 'nullmailer=1:2.2+10~g7ed88a0-6.1' netcat-openbsd=1.229-1 <<'RUN'
export LC_ALL=C
echo 'nullmailer 2.2+10 (Debian 13)' >&2
mkdir -p /etc/nullmailer
cd /var/spool/nullmailer
mkfifo -m 622 trigger
chown -R mail:mail .
echo '127.0.0.1 smtp --port=25' >/etc/nullmailer/remotes
echo mimando.lan >/etc/mailname
echo 1 >/etc/nullmailer/pausetime
answer() {
  printf '220 relay\r\n'
  to=
  while read -r line; do
    line=${line%?}
    case $line in
      *left@*) echo "refused: $line" >>/tmp/heard; printf '550 5.1.1 no such user\r\n' ;;
      *later@*) echo "not yet: $line" >>/tmp/heard; printf '450 4.2.1 try later\r\n' ;;
      RCPT*) to="$to ${line#*:}"; printf '250 ok\r\n' ;;
      DATA)
        printf '354 go on\r\n'
        while read -r line; do
          case $line in .?) break ;; '<'*) echo "  it names ${line%?}" >>/tmp/heard ;; esac
        done
        echo "taken for$to" >>/tmp/heard
        printf '250 ok\r\n'
        ;;
      QUIT) printf '221 bye\r\n'; return ;;
      *) printf '250 ok\r\n' ;;
    esac
  done
}
# One session after the other.
mkfifo /tmp/there
(while :; do answer </tmp/there | nc.openbsd -l 127.0.0.1 25 >/tmp/there 2>/dev/null; done) &
printf 'Subject: one\n\ntext\n' | sendmail -f jay@example.com alice@example.net left@example.net bob@example.net
printf 'Subject: two\n\ntext\n' | sendmail -f jay@example.com carol@example.net later@example.net
nullmailer-send >/tmp/log 2>&1 &
for try in $(seq 150); do
  grep -q taken /tmp/heard 2>/dev/null && [ "$(grep -c later@ /tmp/heard)" -ge 3 ] && break
  sleep 0.2
done
sort -u /tmp/heard
echo "failed: $(ls failed | wc -l), waiting: $(ls queue | wc -l)"
RUN
)
echo "$seen"
[ "$seen" = '  it names <alice@example.net>
  it names <bob@example.net>
  it names <left@example.net>
not yet: RCPT TO:<later@example.net>
refused: RCPT TO:<left@example.net>
taken for <jay@example.com>
failed: 1, waiting: 1' ] || { echo 'changed' >&2; exit 1; }

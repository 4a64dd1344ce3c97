#!/bin/sh
# `smtpctl discover` says "1 envelope discovered" for an envelope that OpenSMTPD does not deliver but deletes.
#
# One would guess: an envelope that was "manually moved to the queue" is scheduled (smtpctl(8)), by its own ID or that of its
# message, as after a file was put aside while smtpd was stopped and is back from there or from a backup.
# It is: if another recipient of the same message is waiting, the envelope is not scheduled, and `show queue` does not have it.
# When the other recipient has the mail, its file is deleted with the message: no delivery, no bounce, nothing in the log. With
# the ID of the message, "2 envelopes discovered", it is not scheduled either, but its file stays until a restart sends it.
# If nobody else is waiting it is delivered; but then it is the ID of the envelope that leaves the text of the message in the
# queue for ever.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat >/etc/smtpd.conf <<'CONF'
listen on socket
table everybody { "@" = alice }
action "deliver" mda "test -e /tmp/let-%{rcpt.user} && echo %{rcpt.user} >>/tmp/got || exit 75" virtual <everybody>
match from any for domain example.net action "deliver"
CONF
queue=/var/spool/smtpd/queue
start() { smtpd -d 2>>/log & for try in $(seq 50); do smtpctl show status >/dev/null 2>&1 && break; sleep 0.2; done; sleep 1; }
stop() { pkill -x smtpd; for try in $(seq 50); do pgrep -x smtpd >/dev/null || break; sleep 0.2; done; }
words() { sort | sed 's/@.*//; s/^/ /' | tr -d '\n'; }
show() {
  echo "$1: shown:$(smtpctl show queue | cut -d'|' -f7 | words), files: $(find $queue -type f | wc -l), got:$(words </tmp/got)"
}
let() {
  touch "/tmp/let-$1"
  smtpctl schedule all >/dev/null
  for try in $(seq 25); do grep -q "$1" /tmp/got && break; sleep 0.2; done
  sleep 1
}
# Sends a message, puts the file of ben's envelope aside while smtpd is stopped, and moves it back when smtpd runs.
aside() {
  what=$1; shift
  rm -rf $queue /tmp/let-* /tmp/got; : >/tmp/got; chown alice /tmp/got
  start
  echo 'Subject: hello' | sendmail -f jay "$@"
  for try in $(seq 50); do [ "$(smtpctl show queue | grep -c '|pending|')" = $# ] && break; sleep 0.2; done
  envelope=$(smtpctl show queue | sed -n '/ben@/s/|.*//p') message=$(smtpctl show queue | sed -n '1s/^\(........\).*/\1/p')
  stop
  folder=$(find $queue -name "$message")
  file=$folder/$envelope
  if [ $# = 1 ]; then file=$folder; fi
  mv "$file" /var/spool/smtpd/aside
  start
  mv /var/spool/smtpd/aside "$file"
  : >/log
  case $what in
  envelope) smtpctl discover "$envelope" ;;
  message) smtpctl discover "$message" ;;
  restart) stop; start ;;
  esac
  sleep 1
  show "$what"
}
for what in restart envelope message; do
  echo "-- ann waits, too"
  aside $what ann@example.net ben@example.net
  let ann; show 'ann has it'
  let ben; show 'ben may have it'
  echo "ben in the log: $(grep -c 'ben@.*stat=Delivered' /log)"
  stop; start; let ben; show 'restarted'
  stop
done
for what in message envelope; do
  echo "-- nobody else waits"
  aside $what ben@example.net
  let ben; show 'ben may have it'
  stop; start; let ben; show 'restarted'
  stop
done
RUN
)
echo "$seen"
[ "$seen" = '-- ann waits, too
restart: shown: ann ben, files: 3, got:
ann has it: shown: ben, files: 2, got: ann
ben may have it: shown:, files: 0, got: ann ben
ben in the log: 1
restarted: shown:, files: 0, got: ann ben
-- ann waits, too
1 envelope discovered
envelope: shown: ann, files: 3, got:
ann has it: shown:, files: 0, got: ann
ben may have it: shown:, files: 0, got: ann
ben in the log: 0
restarted: shown:, files: 0, got: ann
-- ann waits, too
2 envelopes discovered
message: shown: ann, files: 3, got:
ann has it: shown:, files: 2, got: ann
ben may have it: shown:, files: 2, got: ann
ben in the log: 0
restarted: shown:, files: 0, got: ann ben
-- nobody else waits
1 envelope discovered
message: shown: ben, files: 2, got:
ben may have it: shown:, files: 0, got: ben
restarted: shown:, files: 0, got: ben
-- nobody else waits
1 envelope discovered
envelope: shown: ben, files: 2, got:
ben may have it: shown:, files: 1, got: ben
restarted: shown:, files: 1, got: ben' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# OpenSMTPD sends a message after a restart for which `smtpctl remove` has said "1 envelope removed".
#
# One would guess: what smtpctl(8) has removed is gone, at the latest when `smtpctl show queue` no longer shows it.
# It is: a message that waits for a host that does not answer is "inflight", with the part of smtpd that sends. Remove
# takes it from the scheduler alone: `show queue` does not have it any more, but its file stays until smtpd stops trying,
# and if smtpd is started again before that, the message is back and is sent.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 ca-certificates perl <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
cat /usr/share/ca-certificates/mozilla/*.crt >/etc/ssl/certs/ca-certificates.crt
cat >/etc/smtpd.conf <<'CONF'
listen on lo
action "out" relay host smtp+notls://127.0.0.1:2525
match from any for any action "out"
CONF
cat >/tmp/host <<'HOST'
use IO::Socket::INET;
my $listening = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 2525, Listen => 5, ReuseAddr => 1) or die;
while (my $client = $listening->accept) {
    print $client "220 host\r\n";
    my $data;
    while (<$client>) {
        if ($data) { if (/^\.\r/) { $data = 0; print $client "250 ok\r\n" } next }
        if (/^RCPT TO:<([^>]*)>/i) { open my $got, '>>', '/tmp/got'; print $got "$1\n" }
        if (/^DATA/i) { $data = 1; print $client "354 go\r\n"; next }
        print $client /^QUIT/i ? "221 bye\r\n" : "250 host\r\n";
        last if /^QUIT/i;
    }
}
HOST
start() { smtpd; for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done; }
stop() { pkill -x smtpd; for try in $(seq 50); do pgrep -x smtpd >/dev/null || break; sleep 0.2; done; }
receive() {
  for line in 'EHLO me' 'MAIL FROM:<bob@internet.example>' "RCPT TO:<$1>" DATA "Subject: for $1" '' text . QUIT; do printf '%s\r\n' "$line"; sleep 0.2; done |
    nc.openbsd -N 127.0.0.1 25 >/dev/null
}
show() { echo "$1: queue:$(smtpctl show queue | cut -d'|' -f7,12 | sort | sed 's/^/ /' | tr -d '\n'); sent:$(sort /tmp/got | sed 's/^/ /' | tr -d '\n')"; }
: >/tmp/got
start
# The first one finds nobody there, and smtpd puts the route to that host aside for 15 s.
receive first@example.com; sleep 1
receive removed@example.com; sleep 1
show 'waiting'
smtpctl remove "$(smtpctl show queue | sed -n 's/|.*removed@.*//p')"
show 'removed'
stop
perl /tmp/host &
sleep 1
start
for try in $(seq 60); do grep -q removed /tmp/got && break; sleep 0.5; done
sleep 1
show 'restarted'
stop
RUN
)
echo "$seen"
[ "$seen" = 'waiting: queue: first@example.com|inflight removed@example.com|inflight; sent:
1 envelope removed
removed: queue: first@example.com|inflight; sent:
restarted: queue:; sent: first@example.com removed@example.com' ] || { echo 'changed' >&2; exit 1; }

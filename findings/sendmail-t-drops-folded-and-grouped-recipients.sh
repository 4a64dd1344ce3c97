#!/bin/sh
# `sendmail -t` of dma sends to the recipients of the first line of a folded To field only, with exit 0.
#
# One would guess: programs that offer `sendmail -t` read To, Cc and Bcc as RFC 5322 writes them: folded (2.2.3), as mail
# programs do it from the second or third address on, and with groups (3.4).
# It is: dma 0.13 reads no line that continues a field. The recipients in it get nothing, although all others see their names
# in the field; so it is with a folded Bcc. esmtp reads folded fields, but of a group it makes the recipients
# `<friends:jay@example.com>` and `<alice@example.com;>`. Neither reports anything, and each is right where the other is
# wrong. msmtp reads both.
# Needs root, for folder trees of its own.
set -eu
message() {
  cat <<'RUN'
export LC_ALL=C
cd /root
folded='To: Jay <jay@example.com>,\n Alice <alice@example.com>\nBcc: carol@example.com,\n dave@example.com'
group='To: friends: jay@example.com, alice@example.com;\nCc: carol@example.com'
message() { printf 'From: bob@example.com\nSubject: hello\n%b\n\ntext\n' "$1"; }
RUN
}
seen=$({ message; cat <<'RUN'
mkdir -p /etc/dma /var/spool/dma
chmod 777 /var/spool/dma
printf '%s\n' 'SMARTHOST 127.0.0.1' DEFER >/etc/dma/dma.conf
for fields in "$folded" "$group"; do
  message "$fields" | dma -t
  echo "dma: exit $?," $(sed -n 's/^Recipient: \(.*\)/<\1>/p' /var/spool/dma/Q* | sort)
  rm /var/spool/dma/Q*
done
RUN
} | "$(dirname "$0")"/in-debian-13 dma=0.13-1+b2
{ message; cat <<'RUN'
cat >server <<'PERL'
use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1:2525', Listen => 5, ReuseAddr => 1) or die;
while (my $client = $server->accept) {
  my $text = 0;
  print $client "220 mx1\r\n";
  while (<$client>) {
    s/\r?\n//;
    if ($text) { next if $_ ne '.'; $text = 0; }
    if (/^RCPT TO:\s*(.*)/i) { open my $seen, '>>', 'seen'; print $seen "$1\n"; }
    $text = 1 if /^DATA/i;
    print $client /^DATA/i ? "354 go on\r\n" : /^QUIT/i ? "221 bye\r\n" : "250 ok\r\n";
    last if /^QUIT/i;
  }
}
PERL
perl server &
for try in $(seq 50); do perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new("127.0.0.1:2525")' && break; sleep 0.2; done
echo 'hostname = 127.0.0.1:2525' >/etc/esmtprc
printf '%s\n' 'host 127.0.0.1' 'port 2525' 'from bob@example.com' >/etc/msmtprc
for program in esmtp msmtp; do
  for fields in "$folded" "$group"; do
    : >seen
    message "$fields" | $program -t
    echo "$program: exit $?," $(sort seen)
  done
done
kill $!
RUN
} | "$(dirname "$0")"/in-debian-13 esmtp=1.2-19 msmtp=1.8.28-3 perl-base)
echo 'dma 0.13, esmtp 1.2, msmtp 1.8.28 (Debian 13)'
echo "$seen"
[ "$seen" = 'dma: exit 0, <carol@example.com> <jay@example.com>
dma: exit 0, <alice@example.com> <carol@example.com> <jay@example.com>
esmtp: exit 0, <alice@example.com> <carol@example.com> <dave@example.com> <jay@example.com>
esmtp: exit 0, <alice@example.com;> <carol@example.com> <friends:jay@example.com>
msmtp: exit 0, <alice@example.com> <carol@example.com> <dave@example.com> <jay@example.com>
msmtp: exit 0, <alice@example.com> <carol@example.com> <jay@example.com>' ] || { echo 'changed' >&2; exit 1; }

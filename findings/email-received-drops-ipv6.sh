#!/bin/sh
# Email::Received (Perl) finds nothing in a Received line whose client has an IPv6 address.
#
# One would guess: it is "taken from SpamAssassin", so it reads what that reads: `from host (host [2001:db8::9]) by …`, as
# OpenSMTPD writes it, and `[IPv6:2001:db8::9]` (RFC 5321 4.1.3).
# It is: SpamAssassin has learned both since; Email::Received answers undef, its word for "nothing in it worth parsing". With
# an IPv4 address the same lines are read.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 perl spamassassin=4.0.1-5 libemail-received-perl=1.00-3 <<'RUN'
export LC_ALL=C
cat >/tmp/read.pl <<'PERL'
use Email::Received;
use Mail::SpamAssassin;
print STDERR "Email::Received $Email::Received::VERSION, SpamAssassin ", Mail::SpamAssassin::Version(), "\n";
my $sa = Mail::SpamAssassin->new({ dont_copy_prefs => 1, local_tests_only => 1, rules_filename => '/dev/null', config_text => '' });
for my $address ('192.0.2.9', '2001:db8::9', 'IPv6:2001:db8::9') {
  my $line = "from mx.internet.example (mx.internet.example [$address]) by smtp.example.com (OpenSMTPD) with ESMTPS id 19a806a0 " .
    "for <jay\@example.com>; Fri, 27 Nov 2026 15:09:05 +0000 (UTC)";
  my $read = parse_received($line);
  my $mail = $sa->parse("Received: $line\nSubject: hello\n\ntext\n");
  Mail::SpamAssassin::PerMsgStatus->new($sa, $mail)->extract_message_metadata;
  my ($by_sa) = $mail->{metadata}{relays_untrusted_str} =~ /ip=(\S+)/;
  printf "[%s]: Email::Received %s, SpamAssassin %s\n", $address, ref $read ? $read->{ip} : $read // 'undef', $by_sa // 'nothing';
}
PERL
perl /tmp/read.pl 2>/tmp/said
grep '^Email' /tmp/said >&2
RUN
)
echo "$seen"
[ "$seen" = '[192.0.2.9]: Email::Received 192.0.2.9, SpamAssassin 192.0.2.9
[2001:db8::9]: Email::Received undef, SpamAssassin 2001:db8::9
[IPv6:2001:db8::9]: Email::Received undef, SpamAssassin 2001:db8::9' ] || { echo 'changed' >&2; exit 1; }

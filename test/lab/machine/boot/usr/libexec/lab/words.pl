# How OpenBSD says what Debian's libraries say otherwise, as far as smtpd and smtp(1) repeat it (recordings: faults.json).
use strict;

my %words = (
	'Cannot assign requested address' => "Can't assign requested address",
	'Connection timed out' => 'Operation timed out',
	'OpenSMTPD 7.6.0-portable' => 'OpenSMTPD 7.6.0',
	'Transport endpoint is not connected' => 'Socket is not connected',
	'self-signed certificate' => 'self signed certificate',
	'ssl/tls alert' => 'sslv3 alert',
);
my $known = join '|', map quotemeta, keys %words;

# LibreSSL names the state in which it failed, OpenSSL does not: an alert came from the other side (reasons from 0x3e8
# on), anything else is the library's own verdict.
sub library_error {
	my ($doing, $reason) = @_;
	return "error:1404C$reason:SSL routines:ST_OK:" if $doing =~ /read|write/;
	return hex $reason < 1000 ? "error:14FFF$reason:SSL routines:(UNKNOWN)SSL_internal:"
		: "error:14039$reason:SSL routines:ACCEPT_SR_CERT_VRFY:";
}

sub in_openbsd_words {
	my ($text) = @_;
	$text =~ s/\b(\w+ failed: )error:0A000([0-9A-F]{3}):SSL routines::/$1 . library_error($1, $2)/ge;
	$text =~ s/($known)/$words{$1}/g;
	return $text;
}

1;

# s_client of openssl(1): OpenSSL talks, and what it saw is told in LibreSSL's order and words. Exit status 0 whatever the
# verification said, 1 when there is no connection.
use strict;
require '/usr/libexec/lab/clock.pl';

our (%given, $real);

my %errnos = (111 => 61, 110 => 60, 113 => 65, 101 => 51, 99 => 49);

sub refused {
    my ($why, $errno) = @_;
    print STDERR "$why\nconnect:errno=$errno\n";
    exit 1;
}

# HOST:PORT with the last colon, or HOST/PORT; brackets stay, and no name has brackets.
sub target {
    my ($text) = @_;
    return ($1,    $2) if $text =~ m{^(.*)[/:]([^/:]+)$};
    return ($text, 4433);
}

sub s_client {
    my ($options, @operands) = @_;
    my ($host, $port) =
        defined $given{connect} ? target($given{connect}) : ($given{host} // 'localhost', $given{port} // 4433);
    ($host, $port) = target($operands[0]) if @operands;
    require '/usr/libexec/lab/resolve.pl';
    my ($bytes) = addresses_of($host, $given{4} ? 4 : $given{6} ? 6 : ());
    refused('getaddrinfo: no address associated with name', 2) unless defined $bytes;
    my $address = address_text($bytes);
    my @words =
        map  { ("-$_->[0]", defined $_->[1] ? $_->[1] : ()) }
        grep { $_->[0] !~ /^(4|6|connect|host|port|quiet|issuer_checks|check_ss_sig|no_ign_eof|starttls|xmpphost)$/ }
        @$options;
    push @words, '-starttls', $given{starttls} if defined $given{starttls};
    push @words, '-noservername' unless defined $given{servername};
    push @words, '-CAfile', '/etc/ssl/cert.pem' unless defined $given{CAfile} || defined $given{CApath};
    push @words, '-attime', wall_now() if ahead() && !defined $given{attime};
    push @words, '-no-CApath', '-no-CAstore', '-nameopt', 'compat', '-connect',
        $address =~ /:/ ? "[$address]:$port" : "$address:$port";
    my ($report, $errors, $pid) = ('', '', undef);
    pipe my $err, my $child_err or die;
    $pid = open(my $out, '-|') // die "fork: $!\n";
    if (!$pid) { close $err; open STDERR, '>&', $child_err; exec $real, 's_client', @words; exit 127 }
    close $child_err;
    $| = 1;
    my ($told, $ticket, $rest) = (0, 0, '');
    # The report is told when it is whole; what the two sides say after it passes as it comes.
    for (my %open = (fileno($out) => $out, fileno($err) => $err); %open;) {
        my $ready = '';
        vec($ready, $_, 1) = 1 for keys %open;
        select($ready, undef, undef, undef) >= 0 or last;
        for my $number (grep { vec($ready, $_, 1) } keys %open) {
            my $read = sysread $open{$number}, my $bytes, 65536;
            if (!$read) { delete $open{$number}; next }
            if ($number == fileno $err) {
                $errors .= $bytes;
                if ($told) { print_errors(\$errors); print_answer() }
                next;
            }
            $report .= $bytes unless $told;
            $rest   .= $bytes if $told;
            if (!$told && $report =~ /^(.*?^\s*Verify return code: [^\n]*\n.*?^---\n)(.*)/ms) {
                ($told, $report, $rest) = (1, $1, $2);
                is_another_key($report);
                print_errors(\$errors);
                show_report($report);
                print_answer();
            }
            while ($told && $rest =~ s/^([^\n]*\n)//) {
                my $line = $1;
                $ticket = 1 if $line =~ /^Post-Handshake/;
                print $line unless $ticket || $line =~ /^(---|read R BLOCK|closed|DONE)\n/;
                $ticket = 0 if $line =~ /^read R BLOCK/;
            }
        }
    }
    if ($report !~ /^CONNECTED/m) {
        my ($errno) = $errors =~ /errno=(\d+)/;
        refused('connect: ' . errtext($errno || 111), $errnos{ $errno || 111 } // $errno);
    }
    is_another_key($report) unless $told;
    print_errors(\$errors, 1);
    show_report($report) unless $told;
    print $rest, "DONE\n";
    exit($report =~ /^SSL handshake has read [1-9]/m && $report =~ /Cipher is (?!\(NONE\))/ ? 0 : 1);
}

# The last line of the server's answer to EHLO, which LibreSSL prints as it came, CR and all, behind its report.
our $answer = '';

sub print_answer { print STDERR $answer; $answer = '' }

our %words = ('self-signed certificate' => 'self signed certificate',
    'self-signed certificate in certificate chain' => 'self signed certificate in certificate chain');

# The subject of a certificate in PEM, and its public key.
sub known_by {
    my ($pem) = @_;
    pipe my $in, my $to_child or die;
    my $pid = open(my $out, '-|') // die "fork: $!\n";
    if (!$pid) { close $to_child; open STDIN, '<&', $in; open STDERR, '>&', \*STDOUT; exec $real, qw(x509 -noout -subject -pubkey); exit 127 }
    close $in;
    print $to_child $pem;
    close $to_child;
    local $/;
    my $said = <$out>;
    waitpid $pid, 0;
    return split /\n/, $said, 2;
}

# A certificate that is trusted by name, but has another key: LibreSSL finds the signature wrong, OpenSSL the chain.
our $another_key;

sub is_another_key {
    my ($report) = @_;
    return unless defined $given{CAfile} && $report =~ /Verify return code: (?:18|19|20|21) /;
    my ($shown) = $report =~ /(-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n)/s or return;
    my ($subject, $key) = known_by($shown);
    open my $file, '<', $given{CAfile} or return;
    my $all = do { local $/; <$file> };
    for my $pem ($all =~ /(-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?)/gs) {
        my ($name, $other) = known_by($pem);
        $another_key = 1 if $name eq $subject && $other ne $key;
    }
}

# Whole lines of the error stream, or all that is left of it.
sub print_errors {
    my ($errors, $all) = @_;
    for (split /\n/, $all ? $$errors : $$errors =~ /^(.*\n)/s ? $1 : '') {
        if    (/^depth=/) { s/(\w+)=(?=\S)/$1 = /g if !m{ /}; s/^depth = /depth=/; print STDERR "$_\n" }
        elsif (/^verify error:num=(\d+):(.*)/) { print STDERR $another_key ? 'verify error:num=7:certificate signature failure' : "verify error:num=$1:" . ($words{$2} // $2), "\n" }
        elsif (/^verify return:/)              { print STDERR "$_\n" }
        elsif (/^\d{3} .*\r$/)                 { $answer = "$_\n" }
        elsif (/alert number|:error:/)         { print STDERR "$_\n" }
    }
    $$errors =~ s/^.*\n//s unless $all;
}

sub show_report {
    my ($out) = @_;
    my ($code, $text) = $out =~ /Verify return code: (\d+) \((.*?)\)/;
    ($code, $text) = (0, 'ok') unless defined $code;
    $text = $words{$text} // $text;
    ($code, $text) = (7, 'certificate signature failure') if $another_key;
    my ($subject)     = $out =~ /^subject=\s*(.*)/m;
    my ($issuer)      = $out =~ /^issuer=\s*(.*)/m;
    my ($certificate) = $out =~ /^Server certificate\n(-----BEGIN.*?-----END CERTIFICATE-----\n)/ms;
    my ($chain)       = $out =~ /^(Certificate chain\n.*?)---\n/ms;
    my ($cipher)      = $out =~ /Cipher is (\S+)/;
    my ($protocol)    = $out =~ /^New, (TLSv[\d.]+), Cipher/m;
    my ($read, $written) = $out =~ /SSL handshake has read (\d+) bytes and written (\d+)/;
    my ($bits) = $out =~ /Server public key is (\d+) bit/;
    print "CONNECTED(00000003)\n---\n";

    if (defined $chain) {
        $chain =~ s/^\s+(a|v):.*\n//gm;
        $chain =~ s/^\s*(\d+) s:\s*/ $1 s:/gm;
        $chain =~ s/^\s+i:\s*/   i:/gm;
        print "$chain---\n";
    }
    if (defined $certificate) { print "Server certificate\n$certificate" . "subject=$subject\nissuer=$issuer\n---\n" }
    else                      { print "no peer certificate available\n---\n" }
    print $out =~ /^Acceptable client certificate CA names\n(.*?)(?:Requested|Shared|Peer|Client|---)/ms
        ? "Acceptable client certificate CA names\n$1"
        : "No client certificate CA names sent\n";
    print "---\nSSL handshake has read ", $read // 0, ' bytes and written ', $written // 0, " bytes\n---\n";
    my $shown = defined $cipher && $cipher ne '(NONE)' ? $cipher : undef;
    print defined $shown ? "New, TLSv1/SSLv3, Cipher is $shown\n" : "New, (NONE), Cipher is (NONE)\n";
    print "Server public key is $bits bit\n" if defined $bits;
    print
        "Secure Renegotiation IS NOT supported\nCompression: NONE\nExpansion: NONE\nNo ALPN negotiated\nSSL-Session:\n";
    printf
        "    Protocol  : %s\n    Cipher    : %s\n    Session-ID: \n    Session-ID-ctx: \n    Master-Key: \n    Start Time: %d\n    Timeout   : 7200 (sec)\n",
        $protocol // 'TLSv1.3', $shown // '0000', time;
    print "    Verify return code: $code ($text)\n---\n";
}

1;

# x509, req and verify of openssl(1).
use strict;
require '/usr/libexec/lab/clock.pl';

our (%given, $real);

# What a new certificate's days count from, where the host's clock is not the kernel's.
sub valid_from_now {
    my $now  = wall_now();
    my $days = $given{days} // 30;
    return map { my @t = gmtime $_->[1]; ($_->[0], sprintf '%04d%02d%02d%02d%02d%02dZ', $t[5] + 1900, $t[4] + 1, @t[3, 2, 1, 0]) }
        ['-not_before', $now], ['-not_after', $now + $days * 86400];
}

# 64 random bits, as LibreSSL numbers certificates; the first one is never set.
sub serial_number {
    open my $random, '<', '/dev/urandom';
    read $random, my $bytes, 8;
    return '0x' . unpack 'H*', chr(ord($bytes) & 127 | 64) . substr $bytes, 1;
}

sub slashed { my ($text) = @_; $text =~ s/^(subject|issuer)=\s*/$1= /gm; return $text }

sub digest_given {
    return grep { $_->[0] =~ /^(md5|ripemd160|sha|sm3)/ } @_;
}

# Without extensions of its own choosing, which OpenSSL adds and LibreSSL does not.
sub plain_extensions {
    my ($from, $section) = @_;
    open my $file, '<', $from or return $from;
    local $/;
    my $text = <$file>;
    my $none = join '',
        map { $text =~ /^\s*$_\s*=/m ? '' : "$_ = none\n" } qw(subjectKeyIdentifier authorityKeyIdentifier);
    if (defined $section) { $text =~ s/^(\[\s*\Q$section\E\s*\][^\n]*\n)/$1$none/m }
    else                  { $text = $none . $text }
    my $path = "/tmp/openssl.$$";
    open my $new, '>', $path or return $from;
    print $new $text;
    close $new;
    return $path;
}

sub x509 {
    my ($options, @operands) = @_;
    my @words;
    my $temporary;
    for my $option (@$options) {
        my ($name, $value) = @$option;
        next if $name eq 'days' && $given{req} && ahead();
        $value += ahead() if $name eq 'checkend';
        if ($name eq 'extfile') { $value = $temporary = plain_extensions($value, $given{extensions}) }
        push @words, "-$name", defined $value ? $value : ();
    }
    push @words, '-nameopt', 'compat' unless defined $given{nameopt};
    push @words, '-sha256' if exists $given{fingerprint} && !digest_given(@$options);
    push @words, valid_from_now() if $given{req} && ahead();
    push @words, '-set_serial', serial_number() if $given{req} && !defined $given{set_serial} && !defined $given{CA};
    my ($status, $out, $err) = run_real('x509', @words, @operands);
    unlink $temporary if defined $temporary && $temporary =~ m{^/tmp/openssl\.};
    if ($given{req} && !$status) {
        my (undef, $subject) = run_real('req', '-noout', '-subject', '-nameopt', 'compat',
            defined $given{in} ? ('-in', $given{in}) : ());
        $subject =~ s/^subject=\s*/subject=/;
        finish(0, $out, "Signature ok\n$subject");
    }
    if ($status && exists $given{checkend} && $err !~ /Could not|unable/i) {
        finish(1, $given{noout} ? '' : "Certificate will expire\n", '');
    }
    cannot_load($given{req} ? 'certificate request' : 'certificate',
        $given{req} ? 'CERTIFICATE REQUEST' : 'TRUSTED CERTIFICATE')
        if $status && $err =~ /Could not|unable|expecting/i;
    $out = slashed($out);
    $out =~ s/^(md5|sha\d+) Fingerprint=/\U$1\E Fingerprint=/gmi;
    $out =~ s/^Certificate will (not )?expire\n//m if $given{noout};
    finish($status ? 1 : 0, $out, $status ? $err : '');
}

sub req {
    my ($options, @operands) = @_;
    my @words = words(grep { $_->[0] ne 'days' || !$given{x509} || !ahead() } @$options);
    push @words, '-nameopt', 'compat' unless defined $given{nameopt};
    my $config = $given{config} // '/etc/ssl/openssl.cnf';
    my $temporary;
    if ($given{x509}) {
        push @words, valid_from_now() if ahead();
        push @words, '-set_serial', serial_number() unless defined $given{set_serial};
        for my $name (qw(subjectKeyIdentifier authorityKeyIdentifier basicConstraints)) {
            next if grep { $_->[0] eq 'addext' && $_->[1] =~ /^\Q$name\E\s*=/ } @$options;
            push @words, '-addext', "$name=none" if $name ne 'basicConstraints' && !defined $given{extensions};
        }
    }
    if ($config eq '/dev/null') {
        finish(1, '', "unable to find 'distinguished_name' in config\nproblems making Certificate Request\n");
    }
    my $key       = $given{keyout} // (defined $given{newkey} ? 'privkey.pem' : undef);
    my $was_there = defined $key && -e $key;
    my ($status, $out, $err) = run_real('req', @words, @operands);
    by_umask($key, $was_there) unless $status;
    if (!$status && defined $given{newkey}) {
        my $kind = $given{newkey} =~ /^(ec|rsa|param)/ ? uc($1 eq 'param' ? 'ec' : $1) : 'private';
        $err = ($kind eq 'EC' ? 'Generating an EC private key' : "Generating a $kind private key")
            . "\nwriting new private key to '$key'\n-----\n";
    } elsif (!$status) {
        $err = $given{verify} ? "verify OK\n" : '';
    }
    cannot_load('X509 request', 'CERTIFICATE REQUEST')
        if $status && $err =~ /Could not|expecting/i && defined $given{in};
    $out =~ s/^subject=\s*/subject=/gm;
    finish($status ? 1 : 0, $out, $err);
}

my %errors = ('self-signed certificate' => 'self signed certificate',
    'self-signed certificate in certificate chain' => 'self signed certificate in certificate chain');

sub verify {
    my ($options, @operands) = @_;
    my @words = words(@$options);
    push @words, '-CAfile', '/etc/ssl/cert.pem'
        unless defined $given{CAfile} || defined $given{CApath} || defined $given{trusted};
    push @words, '-no-CApath', '-no-CAstore', '-nameopt', 'oneline';
    push @words, '-attime', wall_now() if ahead() && !defined $given{attime};
    my $worst = 0;
    @operands = ('/dev/stdin') unless @operands;
    for my $path (@operands) {
        my ($status, $out, $err) = run_real('verify', @words, $path);
        if (!$status) { print "$path: OK\n"; next }
        $worst = 2;
        if ($err =~ /Could not|Unable to load|unable to load/) {
            print STDERR -e $path
                ? not_pem('certificate', 'TRUSTED CERTIFICATE')
                : no_such_file('certificate', $path);
            next;
        }
        my ($number, $text) = (1, 'unspecified certificate verification error');
        for (split /\n/, "$out$err") {
            if (/^error (\d+) at (\d+) depth lookup: ?(.*)/) {
                ($number, $text) = ($1, $errors{$3} // $3);
                print "error $number at $2 depth lookup:$text\n";
            } elsif (/=/ && !/^error/) {
                s/^subject=//;
                print "$_\n";
            }
        }
        print "$path: verification failed: $number ($text)\n";
    }
    exit $worst;
}

1;

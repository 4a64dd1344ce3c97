# Which options LibreSSL's openssl(1) has, command by command: `name` alone, `name:` with a value, `name@7.5` from that
# release on. What only OpenSSL knows (-brief, x509 -ext, req -noenc, -provider …) is not here and is refused.
use strict;

my $digests = 'md5 ripemd160 sha1 sha224 sha256 sha384 sha512 sha3-256 sha512-256 sm3';
my $ciphers =
    'aes128 aes192 aes256 aes-128-cbc aes-192-cbc aes-256-cbc aes-256-ctr camellia256 des3 des des-ede3-cbc';

our %openssl_options = (
    version => 'a b d f o p v',
    rand    => 'base64 hex out:',
    enc     =>
        "A a base64 bufsize: d debug e in: iter: iv: K: k: kfile: md: nopad none nosalt out: P p pass: pbkdf2 S: salt v $ciphers",
    dgst =>
        "binary c d debug hex hmac: key: keyform: mac: macopt: out: passin: prverify: r sign: sigopt: signature: verify: $digests",
    x509 =>
        "C addreject: addtrust: alias CA: CAcreateserial CAform: CAkey: CAkeyform: CAserial: certopt: checkend: clrext clrreject "
        . "clrtrust dates days: email enddate extensions: extfile: fingerprint force_pubkey:\@7.5 hash in: inform: issuer issuer_hash "
        . "issuer_hash_old key:\@7.8 keyform: modulus multivalue-rdn\@7.5 nameopt: new\@7.5 next_serial noout ocsp_uri ocspid out: outform: "
        . "passin: pubkey purpose req serial set_issuer:\@7.5 set_serial: set_subject:\@7.5 setalias: signkey: sigopt: startdate "
        . "subject subject_hash subject_hash_old text trustout utf8\@7.5 x509toreq $digests",
    req =>
        "addext: asn1-kludge batch config: days: extensions: in: inform: key: keyform: keyout: modulus multivalue-rdn nameopt: new "
        . "newhdr newkey: no-asn1-kludge nodes noout out: outform: passin: passout: pkeyopt: pubkey reqexts: reqopt: set_serial: "
        . "sigopt: subj: subject text utf8 verbose verify x509 $digests",
    genpkey => "algorithm: genparam out: outform: paramfile: pass: pkeyopt: text $ciphers",
    genrsa  => "3 F4 out: passout: $ciphers",
    pkey    =>
        "check\@7.3 in: inform: noout out: outform: passin: passout: pubcheck\@7.3 pubin pubout text text_pub $ciphers",
    ecparam => 'C check conv_form: genkey in: inform: list_curves name: no_seed noout out: outform: param_enc: text',
    ec      =>
        "conv_form: des des3 in: inform: noout out: outform: param_enc: param_out passin: passout: pubin pubout text $ciphers",
    rsa =>
        "check in: inform: modulus noout out: outform: passin: passout: pubin pubout RSAPublicKey_in RSAPublicKey_out text $ciphers",
    verify =>
        'CAfile: CApath: CRLfile: allow_proxy_certs attime: check_ss_sig crl_check crl_check_all explicit_policy extended_crl '
        . 'ignore_critical inhibit_any inhibit_map issuer_checks legacy_verify policy_check purpose: trusted: untrusted: verbose x509_strict',
    ca =>
        'batch cert: config: create_serial crl_CA_compromise: crl_compromise: crl_hold: crl_reason: crldays: crlexts: crlhours: '
        . 'crlsec: days: enddate: extensions: extfile: gencrl in: infiles key: keyfile: keyform: md: msie_hack multivalue-rdn name: '
        . 'noemailDN notext out: outdir: passin: policy: preserveDN revoke: selfsign sigopt: spkac: ss_cert: startdate: status: '
        . 'subj: updatedb utf8 verbose',
    asn1parse => 'dump i in: inform: length: noout offset: oid: out: strparse: genstr: genconf: dlimit:',
    ciphers   => 'h V v s tls1_2 tls1_3',
    s_client  =>
        '4 6 alpn: bugs CAfile: CApath: cert: certform: check_ss_sig cipher: connect: crl_check crl_check_all crlf debug '
        . 'extended_crl groups: host: ign_eof ignore_critical issuer_checks key: keyform: keymatexport: keymatexportlen: '
        . 'legacy_server_connect msg mtu: nbio nbio_test no_comp no_ign_eof no_legacy_server_connect no_ticket no_tls1_2 no_tls1_3 '
        . 'pass: policy_check port: prexit proxy: quiet reconnect servername: serverpref sess_in: sess_out: showcerts starttls: state '
        . 'status timeout tls1_2 tls1_3 tlsextdebug use_srtp: verify: verify_return_error x509_strict xmpphost:',
);
$openssl_options{base64} = $openssl_options{enc};
$openssl_options{$_}     = $openssl_options{dgst} for split / /, $digests;

my $s_client_usage = 'usage: s_client [-4 | -6] [-alpn protocols] [-bugs] [-CAfile file]
    [-CApath directory] [-cert file] [-certform der | pem] [-check_ss_sig]
    [-cipher cipherlist] [-connect host[:port]] [-crl_check]
    [-crl_check_all] [-crlf] [-debug] [-dtls] [-dtls1_2] [-extended_crl]
    [-groups list] [-host host] [-ign_eof] [-ignore_critical]
    [-issuer_checks] [-key keyfile] [-keyform der | pem]
    [-keymatexport label] [-keymatexportlen len] [-legacy_server_connect]
    [-msg] [-mtu mtu] [-nbio] [-nbio_test] [-no_comp] [-no_ign_eof]
    [-no_legacy_server_connect] [-no_ticket] 
    [-no_tls1_2] [-no_tls1_3] [-pass arg] [-policy_check]
    [-port port] [-prexit] [-proxy host:port] [-quiet] [-reconnect]
    [-servername name] [-serverpref] [-sess_in file] [-sess_out file]
    [-showcerts] [-starttls protocol] [-state] [-status] [-timeout]
    [-tls1_2] [-tls1_3] [-tlsextdebug]
    [-use_srtp profiles] [-verify depth] [-verify_return_error]
    [-x509_strict] [-xmpphost host]
';

sub openssl_usage {
    my ($command, $why) = @_;
    print STDERR "$why\n" if defined $why;
    if ($command eq 's_client') { print STDERR $s_client_usage }
    else {
        print STDERR "usage: $command", map({
                my $word = $_;
                $word =~ s/@.*//;
                $word =~ s/:$/ value/;
                " [-$word]"
            } split / /,
            $openssl_options{$command}),
            "\n";
    }
    exit 1;
}

# The words as ([option, value], …) and the operands; an option LibreSSL lacks ends the program.
sub read_options {
    my ($command, @words) = @_;
    my %known;
    for (split / /, $openssl_options{$command}) {
        my ($name, $value, $since) = /^(.*?)(:?)(?:\@(.*))?$/;
        $known{$name} = $value ? 1 : 0 if !defined $since || release() >= $since;
    }
    # OpenSSL's own option parser calls an unknown digest or cipher what it is; so does LibreSSL's.
    my @options;
    while (@words && $words[0] =~ /^-(.+)/) {
        my $name = $1;
        shift @words;
        openssl_usage($command, "unknown option -$name") unless exists $known{$name};
        openssl_usage($command, "missing argument for -$name") if $known{$name} && !@words;
        push @options, [$name, $known{$name} ? shift @words : undef];
    }
    return (\@options, @words);
}

1;

# wg(4) on top of wireguard-go: one process for each interface, driven over its socket as wg(8) would.
use strict;
require '/usr/libexec/lab/interfaces.pl';

my $sockets = '/var/run/wireguard';

sub base64_bytes {
    my ($text) = @_;
    $text =~ tr{A-Za-z0-9+/}{ -_};
    $text =~ s/=+$//;
    return join '',
        map { substr unpack('u', chr(32 + 45) . $_ . '`' x (60 - length)), 0, int(length($_) * 3 / 4) }
        $text =~ /(.{1,60})/gs;
}

sub base64_text {
    my ($bytes) = @_;
    my $text    = substr pack('u', $bytes), 1;
    chomp $text;
    $text =~ tr{` -_}{AA-Za-z0-9+/};
    return substr($text, 0, 43) . '=';
}
sub hex_of { return unpack 'H*', base64_bytes($_[0]) }

# Sends a request, returns the answer's lines; undef if nobody listens.
sub uapi {
    my ($name, $text) = @_;
    socket my $socket, 1, 1, 0 or return undef;
    connect $socket, pack 'S a108', 1, "$sockets/$name.sock" or return undef;
    syswrite $socket, "$text\n";
    my $answer = '';
    while (sysread $socket, $answer, 65536, length $answer) { last if $answer =~ /\n\n$/ }
    return [split /\n/, $answer];
}

# The interface as wireguard-go has it: { private_key, listen_port, peers => { HEX => {…} } }.
sub wg_live {
    my ($name) = @_;
    my $lines  = uapi($name, "get=1\n") // return undef;
    my %live   = (peers => {});
    my $at     = \%live;
    for (@$lines) {
        my ($word, $value) = split /=/, $_, 2;
        next unless defined $value;
        if    ($word eq 'public_key') { $at = $live{peers}{$value} = { allowed_ips => [] } }
        elsif ($word eq 'allowed_ip') { push @{ $at->{allowed_ips} }, $value }
        else                          { $at->{$word} = $value }
    }
    return \%live;
}

# True, or false with $! set.
sub wg_set {
    my ($name, @lines) = @_;
    return 1 unless @lines;
    my $answer = uapi($name, join '', map { "$_\n" } 'set=1', @lines) // do { $! = 6; return 0 };
    my ($errno) = map { /^errno=-?(\d+)/ ? $1 : () } @$answer;
    $! = $errno // 5;
    return !$errno;
}

sub wg_create {
    my ($name) = @_;
    mkdir $sockets, 0755;
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        exit if fork;
        leave();
        %ENV = (PATH => '/usr/bin', LOG_LEVEL => 'silent', GOMAXPROCS => 1);
        exec '/.lab/usr/bin/wireguard-go', '-f', $name;
        exit 127;
    }
    waitpid $pid, 0;
    until_true(sub { uapi($name, "get=1\n") }) or do { $! = 6; return 0 };
    ip_batch(["link set $name addrgenmode none mtu 1420"]);
    return 1;
}

# wireguard-go speaks and listens whatever the interface's flags say (it takes every interface for one that is up). So
# one that is down knows no peers: what it is told is written down, for root alone, and told when it comes up.
sub asleep_file { return "$main::state_folder/.$_[0].asleep" }

sub tell_later {
    my ($name, @lines) = @_;
    my $mask = umask 077;
    mkdir $_, 0755 for '/dev/.lab', $main::state_folder;
    open my $file, '>>', asleep_file($name) or return 0;
    umask $mask;
    print $file map({ "$_\n" } @lines), "\n";
    return close $file;
}

# What was told to an interface that was down, request by request: [line, …], …
sub told_meanwhile {
    my ($name) = @_;
    open my $file, '<', asleep_file($name) or return;
    local $/ = '';
    my @requests = map { [split /\n/] } <$file>;
    unlink asleep_file($name);
    return @requests;
}

# Waits up to two seconds for something that takes milliseconds.
sub until_true {
    my ($claim) = @_;
    for (1 .. 400) {
        return 1 if $claim->();
        select undef, undef, undef, 0.005;
    }
    return 0;
}

sub wg_destroy {
    my ($name) = @_;
    # The process leaves with its socket; the interface leaves with the process.
    unlink "$sockets/$name.sock", asleep_file($name);
    until_true(sub { !interface($name) });
    forget_state($name);
}

sub public_key {
    my ($private) = @_;
    pipe my $out, my $in or return '';
    my $pid = open(my $wg, '-|') // return '';
    if (!$pid) {
        close $in;
        open STDIN, '<&', $out;
        exec '/.lab/usr/bin/wg', 'pubkey';
        exit 127;
    }
    print $in "$private\n";
    close $in;
    chomp(my $key = <$wg> // '');
    return $key;
}

# True if another socket holds the port: OpenBSD binds the new one before it lets go of the old.
sub port_taken {
    my ($port) = @_;
    for my $any ("\0" x 4, "\0" x 16) {
        socket my $socket, length $any == 4 ? 2 : 10, 2, 0 or next;
        setsockopt $socket, 41, 26, pack 'l', 1 if length $any == 16;
        return 1 if !bind($socket, sockaddr($any, $port)) && failed_with('EADDRINUSE');
    }
    return 0;
}

# docs/facts.md 14: as long as the host is not up for more than 5 seconds, the first handshake that a keepalive asks for is
# taken for one that was just sent, and nothing asks again.
sub too_early { require '/usr/libexec/lab/processes.pl'; return time - boot_time() <= 5 }

1;

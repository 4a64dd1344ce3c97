# The wg words of ifconfig(8): docs/facts.md 1.1, 1.4, 1.7. Words are checked as they are read; all of a command act at once.
use strict;
require '/usr/libexec/lab/wg-speak.pl';

my $peer_seen;

# word => number of arguments
sub wg_words {
    my %words = (
        wgkey      => 1, wgport   => 1, wgrtable => 1, '-wgpeerall' => 0, wgpeer => 1, '-wgpeer' => 1, wgaip => 1,
        wgendpoint => 2, wgpka    => 1,
        wgpsk      => 1, '-wgpsk' => 0,
    );
    @words{qw(wgdescr wgdescription -wgdescr -wgdescription)} = (1, 1, 0, 0) if release() >= 7.4;
    return \%words;
}

sub check_key {
    my ($word, $key) = @_;
    quit(1, "$word (key): invalid length") unless length $key == 44;
    return if $key =~ m{^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$};
    quit(1,
              "$word (key): invalid base64 "
            . ($key =~ m{^[A-Za-z0-9+/]{41}[AQgw]==$} ? 31 : $key =~ m{^[A-Za-z0-9+/]{44}$} ? 33 : -1)
            . '/32');
}

sub allowed_ip {
    my ($text) = @_;
    my ($base, $bits) = $text =~ m{^([^/]+)(?:/(\d{1,3}))?$} or quit(1, 'wgaip: bad address');
    if ($base =~ /^\d+(\.\d+){0,2}$/) {
        # inet_net_pton(3): what is missing is zero, and the class decides the length.
        my ($first) = $base =~ /^(\d+)/;
        my $given   = 1 + ($base =~ tr/.//);
        my $class   = $first < 128 ? 8 : $first < 192 ? 16 : 24;
        $bits //= $class > 8 * $given ? $class : 8 * $given;
        $base .= '.0' x (4 - $given);
    }
    my $bytes = pack_address($base) // quit(1, 'wgaip: bad address');
    my $full  = 8 * length $bytes;
    quit(1, 'wgaip: bad address') if ($bits //= $full) > $full;
    return address_text($bytes) . "/$bits";
}

sub endpoint {
    my ($host, $port) = @_;
    my $bytes = pack_address($host);
    if (!defined $bytes) { require '/usr/libexec/lab/resolve.pl'; ($bytes) = addresses_of($host) }
    quit(1, 'no address associated with name') unless defined $bytes;
    $port = getservbyname($port, 'udp') // quit(1, 'service not supported for ai_socktype') if $port !~ /^\d+$/;
    my $text = address_text($bytes);
    return $text =~ /:/ ? "[$text]:$port" : "$text:$port";
}

# A word with its value made ready, or an error.
sub check_wg_word {
    my ($word, @values) = @_;
    my $of_peer = $word =~ /^-?wg(aip|endpoint|pka|psk|descr)/;
    my $plain   = $word =~ /^(-?)wgdescr/ ? "$1wgdescr" : $word;
    quit(1, "$plain: wgpeer not set")                      if $of_peer && !$peer_seen;
    $peer_seen = 1                                         if $word eq 'wgpeer';
    check_key($word, $values[0])                           if $word =~ /^-?wg(key|peer|psk)$/ && @values;
    return [$word, number_in($word, $values[0], 0, 65535)] if $word eq 'wgport';
    return [$word, number_in($word, $values[0], 0, 255)]   if $word eq 'wgrtable';
    return [$word, number_in($word, $values[0], 0, 43200)] if $word eq 'wgpka';
    return [$word, allowed_ip($values[0])]                 if $word eq 'wgaip';
    return [$word, endpoint(@values)]                      if $word eq 'wgendpoint';
    return [$plain, @values];
}

# True, or false with $! set. What is kept changes along.
sub apply_wg {
    my ($name, $kept, @words) = @_;
    my $up = $kept->{up};
    my (@lines, $peer, %listed, @keepalives);
    for my $of_interface (grep { $_->[0] eq 'wgport' } @words) {
        my $port = $of_interface->[1];
        next if ($kept->{wgport} // '') eq $port;
        if ($up && port_taken($port)) { $! = 98; return 0 }
        push @lines, "listen_port=$port";
        $kept->{wgport} = $port;
    }
    for (@words) {
        my ($word, $value) = @$_;
        if ($word eq 'wgkey') {
            push @lines, private_key_lines($name, hex_of($value));
            $kept->{wgpubkey} = public_key($value);
            drop_peer($kept, $kept->{wgpubkey}, \@lines);
        } elsif ($word eq 'wgrtable') {
            $kept->{wgrtable} = $value || undef;
        } elsif ($word eq '-wgpeerall') {
            push @lines, 'replace_peers=true';
            $kept->{peers} = [];
        }
    }
    for (@words) {
        my ($word, $value) = @$_;
        if ($word eq '-wgpeer') { drop_peer($kept, $value, \@lines); next }
        if ($word eq 'wgpeer') {
            # Our own key is no peer: passed over without a word, and so are the words that follow it.
            $peer = $value eq ($kept->{wgpubkey} // '') ? { aips => [] } : peer_of($kept, $value);
            push @lines, 'public_key=' . hex_of($value) if $peer->{key};
            next;
        }
        next unless $peer && $peer->{key} && $word !~ /^wg(key|port|rtable)$|^-wgpeerall$/;
        if ($word eq 'wgaip') {
            if (!$listed{ $peer->{key} }++) { push @lines, 'replace_allowed_ips=true'; $peer->{aips} = [] }
            push @lines, "allowed_ip=$value";
            for my $other (@{ $kept->{peers} }) {
                $other->{aips} = [grep { $_ ne $value } @{ $other->{aips} }];
            }
            push @{ $peer->{aips} }, $value;
        } elsif ($word eq 'wgendpoint') {
            push @lines, "endpoint=$value";
            $peer->{endpoint} = $value;
        } elsif ($word eq 'wgpsk') {
            push @lines, 'preshared_key=' . hex_of($value);
            $peer->{psk} = 1;
        } elsif ($word eq '-wgpsk') {
            push @lines, 'preshared_key=' . '0' x 64;
            $peer->{psk} = undef;
        } elsif ($word eq 'wgdescr') {
            $peer->{descr} = $value;
        } elsif ($word eq '-wgdescr') {
            $peer->{descr} = undef;
        } elsif ($word eq 'wgpka') {
            # docs/facts.md 1.4: on an interface that was up and is down now it is lost.
            next if !$up && $kept->{was_up};
            $peer->{pka} = $value;
            push @keepalives, [$peer->{key}, $value];
        }
    }
    return tell_later($name, @lines,
        map { ('public_key=' . hex_of($_->[0]), "persistent_keepalive_interval=$_->[1]") } @keepalives)
        if !$up;
    return wg_set($name, @lines) && start_keepalives($name, @keepalives);
}

# docs/facts.md 1.4: the kernel compares a key with the clamped one it has (wg_ioctl_set of if_wg.c). One that is not clamped
# counts as another, though it may be the same: all sessions expire, and the next handshake need not wait for 5 s.
# wireguard-go clamps first, so there another key goes in before.
sub private_key_lines {
    my ($name, $hex) = @_;
    my $now = (wg_live($name) // {})->{private_key} // '';
    return ("private_key=$hex") if clamped($hex) ne $now;
    return ()                   if $hex eq $now;
    return ('private_key=' . 'f8' . '5a' x 30 . '5f', "private_key=$hex");
}

sub clamped {
    my @bytes = unpack 'C*', pack 'H*', $_[0];
    $bytes[0] &= 0xf8;
    $bytes[31] = $bytes[31] & 0x7f | 0x40;
    return unpack 'H*', pack 'C*', @bytes;
}

sub peer_of {
    my ($kept, $key) = @_;
    my ($peer) = grep { $_->{key} eq $key } @{ $kept->{peers} };
    push @{ $kept->{peers} }, $peer = { key => $key, aips => [] } unless $peer;
    return $peer;
}

sub drop_peer {
    my ($kept, $key, $lines) = @_;
    return unless grep { $_->{key} eq $key } @{ $kept->{peers} };
    push @$lines, 'public_key=' . hex_of($key), 'remove=true';
    $kept->{peers} = [grep { $_->{key} ne $key } @{ $kept->{peers} }];
}

1;

# IPv4 and IPv6 addresses as bytes and text, without a module: Socket.pm alone costs more than a whole stand-in.
use strict;

# `192.0.2.1` or `2001:db8::1` to 4 or 16 bytes; undef if it is neither.
sub pack_address {
    my ($text) = @_;
    return undef unless defined $text;
    if ($text =~ /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/) {
        return undef if grep { $_ > 255 } $1, $2, $3, $4;
        return pack 'C4', $1, $2, $3, $4;
    }
    $text =~ s/%.*//;
    return undef unless $text =~ /:/ && $text !~ /[^0-9A-Fa-f:.]/ && $text !~ /:::|::.*::/;
    if ($text =~ s/(\d+\.\d+\.\d+\.\d+)$//) {
        my $four = pack_address($1);
        return undef unless defined $four;
        $text .= sprintf '%x:%x', unpack 'n2', $four;
    }
    my ($head, $tail) = split /::/, $text, 2;
    my @head = split /:/, $head // '', -1;
    my @tail = defined $tail ? split /:/, $tail, -1 : ();
    return undef if grep { !/^[0-9A-Fa-f]{1,4}$/ } @head, @tail;
    my $gap = 8 - @head - @tail;
    return undef if defined $tail ? $gap < 1 : $gap != 0;
    return pack 'n8', map { hex } @head, (0) x $gap, @tail;
}

# 4 or 16 bytes to the short form of inet_ntop(3).
sub address_text {
    my ($bytes) = @_;
    return join '.', unpack 'C4', $bytes if length $bytes == 4;
    my @words = unpack 'n8', $bytes;
    my ($best, $best_length) = (-1, 1);
    for my $start (0 .. 7) {
        my $length = 0;
        $length++ while $start + $length < 8 && $words[$start + $length] == 0;
        ($best, $best_length) = ($start, $length) if $length > $best_length;
    }
    return join ':', map { sprintf '%x', $_ } @words if $best < 0;
    return
          join(':', map { sprintf '%x', $_ } @words[0 .. $best - 1]) . '::'
        . join(':', map { sprintf '%x', $_ } @words[$best + $best_length .. 7]);
}

# The first so many bits of an address, the rest zero.
sub network_of {
    my ($bytes, $bits) = @_;
    my $binary = unpack 'B*', $bytes;
    return pack 'B*', substr($binary, 0, $bits) . '0' x (length($binary) - $bits);
}

# True if the address lies in NETWORK/BITS.
sub inside {
    my ($bytes, $network, $bits) = @_;
    return length $bytes == length $network && network_of($bytes, $bits) eq network_of($network, $bits);
}

# struct sockaddr_in or sockaddr_in6, and back.
sub sockaddr {
    my ($bytes, $port) = @_;
    return length $bytes == 4 ? pack('S n a4 x8', 2, $port, $bytes) : pack('S n N a16 L', 10, $port, 0, $bytes, 0);
}

1;

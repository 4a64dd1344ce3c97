# Addresses for ifconfig(8): read, set, replaced, deleted; IPv6 ones that a running interface gets are tentative at first.
use strict;
require '/usr/libexec/lab/interfaces.pl';

sub mask_length {
    my ($text) = @_;
    my $bytes  = $text =~ /^0x([0-9a-f]{8})$/i ? pack 'H8', $1 : pack_address($text) // quit(1, "$text: bad value");
    return unpack '%32b*', $bytes;
}

# ADDRESS[/LENGTH], a number or a name; returns bytes and the length if one was given.
sub parse_address {
    my ($text, $family) = @_;
    my ($base, $bits) = $text =~ m{^([^/]+)/(\d+)$} ? ($1, $2) : ($text, undef);
    my $bytes = pack_address($base);
    if (!defined $bytes || length $bytes != ($family == 6 ? 16 : 4)) {
        require '/usr/libexec/lab/resolve.pl';
        $bytes = defined $bytes ? undef : (addresses_of($base, $family))[0];
        quit(1, $family == 6 ? "$base: no address associated with name" : "$base: bad value")
            unless defined $bytes;
    }
    quit(1, "$text: bad value") if defined $bits && $bits > 8 * length $bytes;
    return ($bytes, $bits);
}

sub change_address {
    my ($name, $kept, $wanted) = @_;
    my ($address, $length, $remove) = @$wanted{qw(bytes length remove)};
    my $text = address_text($address);
    my $six  = length $address == 16;
    if ($remove) {
        refused('SIOCDIFADDR', 1) if $>;
        refused('SIOCDIFADDR', 99) unless grep { $_->[0] eq $text } shown_addresses($name, $kept);
        drop_address($name, $kept, $text);
        return;
    }
    refused('SIOCAIFADDR', 1) if $>;
    $length //= $six ? 64 : 8 * ((unpack 'C', $address) < 128 ? 1 : (unpack 'C', $address) < 192 ? 2 : 3);
    my @had = shown_addresses($name, $kept);
    my ($same) = grep { $_->[0] eq $text } @had;
    if (!$six && !$wanted->{alias}) {
        my ($first) = grep { $_->[0] !~ /:/ } @had;
        drop_address($name, $kept, $first->[0]) if $first && $first->[0] ne $text;
    }
    if ($same) {
        return if $same->[1] == $length;
        drop_address($name, $kept, $text);
    }
    my $runs = is_up(interface($name), $kept);
    bring_up($name, $kept);
    my $route = $kept->{wg} ? 'noprefixroute' : '';
    if ($six && $runs && !$same) {
        push @{ $kept->{addresses} }, [$text, $length, time + 1];
        # The connected network is there at once, its address follows.
        ip_batch(
            [
                      'route replace '
                    . address_text(network_of($address, $length))
                    . "/$length dev $name proto kernel metric 256"
            ],
            '-6'
        ) unless $kept->{wg};
        save_state($name, $kept);
        finish_later($name, $text, $length);
        return;
    }
    push @{ $kept->{addresses} }, [$text, $length];
    my $all_ones = $six ? 'nodad' : 'broadcast ' . ($wanted->{broadcast} // '+');
    ip_batch(["addr add $text/$length dev $name $all_ones $route"]) or refused('SIOCAIFADDR', 22);
}

sub drop_address {
    my ($name, $kept, $text) = @_;
    my ($gone) = grep { $_->[0] eq $text } kernel_addresses($name);
    ip_batch(['addr del ' . $text . '/' . ($gone->[1] // ($text =~ /:/ ? 128 : 32)) . " dev $name"]) if $gone;
    $kept->{addresses} = [grep { $_->[0] ne $text } @{ $kept->{addresses} }];
}

sub finish_later {
    my ($name, $text, $bits) = @_;
    return if fork;
    exit   if fork;
    leave();
    exec '/usr/libexec/lab/dad', 'finish', $name, $text, $bits;
}

1;

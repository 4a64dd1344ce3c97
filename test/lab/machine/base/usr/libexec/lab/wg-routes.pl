# Which packets find their way into a wg interface.
use strict;
require '/usr/libexec/lab/interfaces.pl';

# Routes through a wg interface reach what its peers may use; the rest of a connected network is unreachable at once.
# $all: an address that went, or an interface that went down, took its routes along.
sub sync_routes {
    my ($name, $kept, $all) = @_;
    my (%wanted, @lines);
    for my $address (@{ $kept->{addresses} }) {
        my ($text, $length) = @$address;
        my $bytes = pack_address($text);
        my $full  = 8 * length $bytes;
        next if $length == $full;
        my $network = address_text(network_of($bytes, $length));
        $wanted{"throw $network/$length metric 4096"} = 1;
        for my $aip (map { @{ $_->{aips} } } @{ $kept->{peers} }) {
            my ($base, $bits) = split m{/}, $aip;
            my $aip_bytes = pack_address($base);
            next unless length $aip_bytes == length $bytes;
            if ($bits >= $length && inside($aip_bytes, $bytes, $length)) {
                $wanted{ address_text(network_of($aip_bytes, $bits)) . "/$bits dev $name metric 256" } = 1;
            }
            elsif ($bits < $length && inside($bytes, $aip_bytes, $bits)) {
                $wanted{"$network/$length dev $name metric 256"} = 1;
            }
        }
    }
    my %had = map { $_ => 1 } @{ $kept->{routes} };
    push @lines, map { "route del $_" } grep { !$wanted{$_} } keys %had;
    push @lines, map { "route replace $_" } grep { $all || !$had{$_} } sort keys %wanted;
    ip_batch([grep { !/:/ } @lines], '-4', '-force');
    ip_batch([grep { /:/ } @lines],  '-6', '-force');
    $kept->{routes} = [sort keys %wanted];
}

1;

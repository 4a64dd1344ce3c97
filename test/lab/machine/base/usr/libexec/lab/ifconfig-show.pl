# What ifconfig(8) prints of an interface; the order of the lines is docs/facts.md 1.5's.
use strict;
require '/usr/libexec/lab/interfaces.pl';
require '/usr/libexec/lab/clock.pl';

my @flag_names = (
    [0x1,   'UP'],      [0x2,    'BROADCAST'], [0x4, 'DEBUG'], [0x8, 'LOOPBACK'], [0x40, 'RUNNING'], [0x80, 'NOARP'],
    [0x800, 'SIMPLEX'], [0x8000, 'MULTICAST'], [0x400000, 'INET6_NOSOII']
);

sub openbsd_flags {
    my ($interface, $kept) = @_;
    my $flags = $kept->{wg} ? 0x8082 : $interface->{flags} & 8 ? 0x8008 : 0x8802;
    $flags |= 0x41 if is_up($interface, $kept);
    $flags |= 4    if $kept->{debug};
    $flags |= 0x400000 if $kept->{nosoii};
    return $flags;
}

sub has_default_route {
    local $_;
    my ($name) = @_;
    open my $four, '<', '/proc/net/route' or return 0;
    while (<$four>) { my @f = split; return 1 if $f[0] eq $name && $f[1] eq '00000000' && $f[7] eq '00000000' }
    open my $six, '<', '/proc/net/ipv6_route' or return 0;
    while (<$six>) {
        my @f = split;
        return 1 if $f[-1] eq $name && $f[0] eq '0' x 32 && $f[1] eq '00' && $f[4] ne '0' x 32;
    }
    return 0;
}

sub show_peer {
    my ($peer, $live) = @_;
    my $now = $live->{peers}{ hex_of($peer->{key}) } // {};
    print "\twgpeer $peer->{key}\n";
    print "\t\twgdescr: $peer->{descr}\n"  if defined $peer->{descr};
    print "\t\twgpsk (present)\n"          if $peer->{psk};
    print "\t\twgpka $peer->{pka} (sec)\n" if $peer->{pka};
    if (($now->{endpoint} // $peer->{endpoint} // '') =~ /^\[?([^\]]+?)\]?:(\d+)$/) { print "\t\twgendpoint $1 $2\n" }
    printf "\t\ttx: %d, rx: %d\n", ($now->{tx_bytes} // 0) + ($peer->{tx} // 0),
        ($now->{rx_bytes} // 0) + ($peer->{rx} // 0);
    my $last = $now->{last_handshake_time_sec} || $peer->{handshake};
    printf "\t\tlast handshake: %d seconds ago\n", wall_now() - wall($last) if $last;
    # Allowed addresses come out last in, first out.
    print "\t\twgaip $_\n" for reverse @{ $peer->{aips} };
}

sub show_wg {
    my ($name, $kept, $with_peers) = @_;
    my $live = $> ? undef : wg_live($name);
    print "\twgport $kept->{wgport}\n"     if $kept->{wgport};
    return                                 if $> || !$live;
    print "\twgpubkey $kept->{wgpubkey}\n" if $kept->{wgpubkey};
    show_peer($_, $live) for $with_peers ? @{ $kept->{peers} } : ();
}

# $family: `inet` or `inet6` leaves out the addresses of the other.
sub show {
    my ($name, $with_peers, $family) = @_;
    my $interface = interface($name) // return;
    my $kept      = load_state($name);
    my $flags     = openbsd_flags($interface, $kept);
    printf "%s: flags=%x<%s> mtu %d\n", $name, $flags,
        join(',', map { $_->[1] } grep { $flags & $_->[0] } @flag_names), $interface->{mtu};
    my $ethernet = !$kept->{wg} && !($interface->{flags} & 8);
    print "\tlladdr $interface->{address}\n"      if $ethernet;
    print "\tdescription: $kept->{description}\n" if defined $kept->{description};
    print "\tindex $interface->{index} priority 0 llprio 3\n";
    show_wg($name, $kept, $with_peers) if $kept->{wg};
    my @groups = ($kept->{wg} ? 'wg' : $ethernet ? () : 'lo', has_default_route($name) ? 'egress' : ());
    print "\tgroups: @groups\n" if @groups;
    print "\tmedia: Ethernet autoselect\n\tstatus: ", is_up($interface, $kept) ? 'active' : 'no carrier', "\n"
        if $ethernet;

    for my $address (shown_addresses($name, $kept)) {
        my ($text, $length, $tentative, $slaac) = @$address;
        if ($text =~ /:/) {
            next if ($family // '') eq 'inet';
            my $scope = $text =~ /^fe80:/ ? sprintf ' scopeid 0x%x', $interface->{index} : '';
            print "\tinet6 $text", $scope ? "%$name" : '', " prefixlen $length", $tentative ? ' tentative' : '',
                $slaac, "$scope\n";
        } else {
            next if ($family // '') eq 'inet6';
            my $mask = unpack 'N', network_of("\xff" x 4, $length);
            my $broadcast =
                $flags & 2
                ? ' broadcast ' . address_text(pack 'N', unpack('N', pack_address($text)) | ~$mask & 0xffffffff)
                : '';
            printf "\tinet %s netmask 0x%08x%s\n", $text, $mask, $broadcast;
        }
    }
}

# Plain `ifconfig` and -a keep wg peers to themselves, -A does not.
sub show_all {
    my ($prefix, $with_peers) = @_;
    my @names = interface_names();
    @names = grep { /^\Q$prefix\E\d+$/ } @names if length $prefix && $prefix !~ /\d$/;
    know_addresses();
    show($_, $with_peers) for @names;
}

1;

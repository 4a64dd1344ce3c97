# The host's network interfaces: what Linux knows of them, and beside it what only OpenBSD knows (descriptions, the
# order of addresses, duplicate address detection), kept in /dev/.lab, which a reboot forgets.
use strict;
require '/usr/libexec/lab/options.pl';
require '/usr/libexec/lab/address.pl';

our $state_folder = '/dev/.lab/if';

# Runs ip(8) on a batch of lines; true if all went well. Words of errors are left to the caller.
sub ip_batch {
    my ($lines, @options) = @_;
    return 1 if !@$lines;
    open my $ip, '|-', "/.lab/usr/bin/ip @options -batch - >/dev/null 2>/dev/.lab/ip.errors" or return 0;
    print $ip map { "$_\n" } @$lines;
    return close $ip;
}

sub ioctl_on {
    my ($request, $name, $more) = @_;
    socket my $socket, 2, 2, 0 or return undef;
    my $buffer = pack 'a16 a48', $name, $more // '';
    return ioctl($socket, $request, $buffer) ? substr $buffer, 16 : undef;
}

# { index, flags (Linux's), mtu, address } of an interface, or undef if there is none.
sub interface {
    my ($name) = @_;
    my $index = ioctl_on(0x8933, $name) // return undef;
    return {
        name    => $name, index => unpack('l', $index), flags => unpack('S', ioctl_on(0x8913, $name)),
        mtu     => unpack('l', ioctl_on(0x8921, $name)),
        address => join(':', unpack '(H2)6', substr ioctl_on(0x8927, $name), 2),
    };
}

# Names of all interfaces, in the order of their numbers.
sub interface_names {
    open my $file, '<', '/proc/net/dev' or return;
    my @names = map { /^\s*([^:\s]+):/ ? $1 : () } <$file>;
    return map { $_->[0] } sort { $a->[1] <=> $b->[1] } map { [$_, unpack 'l', ioctl_on(0x8933, $_)] } @names;
}

# A wg interface that is down still swallows what is routed into it, as on OpenBSD; so Linux never sees it go down.
sub is_up { my ($interface, $kept) = @_; return $kept->{wg} ? $kept->{up} : $interface->{flags} & 1 }

# What is kept of an interface: { description, debug, was_up, addresses => [[text, length, tentative until]], … }.
sub load_state {
    my ($name) = @_;
    my %kept = (addresses => [], routes => [], peers => []);
    open my $file, '<', "$state_folder/$name" or return \%kept;
    while (my $line = <$file>) {
        chomp $line;
        my ($word, $rest) = split / /, $line, 2;
        if    ($word eq 'address')    { push @{ $kept{addresses} }, [split / /, $rest] }
        elsif ($word eq 'route')      { push @{ $kept{routes} },    $rest }
        elsif ($word eq 'wgpeer')     { push @{ $kept{peers} },     { key => $rest, aips => [] } }
        elsif ($word eq 'wgaip')      { push @{ $kept{peers}[-1]{aips} }, $rest }
        elsif ($word =~ /^peer-(.*)/) { $kept{peers}[-1]{$1} = $rest }
        else                          { $kept{$word}         = $rest }
    }
    return \%kept;
}

sub save_state {
    my ($name, $kept) = @_;
    my $text = '';
    for my $word (sort grep { !ref $kept->{$_} && defined $kept->{$_} } keys %$kept) {
        $text .= "$word $kept->{$word}\n";
    }
    $text .= "address @$_\n" for @{ $kept->{addresses} };
    $text .= "route $_\n"    for @{ $kept->{routes} };
    for my $peer (@{ $kept->{peers} }) {
        $text .= "wgpeer $peer->{key}\n";
        $text .= "peer-$_ $peer->{$_}\n"
            for sort grep { $_ ne 'key' && $_ ne 'aips' && defined $peer->{$_} } keys %$peer;
        $text .= "wgaip $_\n" for @{ $peer->{aips} };
    }
    mkdir '/dev/.lab';
    mkdir $state_folder;
    my $mask = umask 022;
    open my $file, '>', "$state_folder/.$name.$$" or die "$state_folder: $!\n";
    print $file $text;
    close $file;
    rename "$state_folder/.$name.$$", "$state_folder/$name";
    umask $mask;
}

sub forget_state { unlink "$state_folder/$_[0]" }

# One ifconfig at a time changes anything, as one ioctl at a time does.
sub lock_interfaces {
    mkdir '/dev/.lab';
    open our $lock, '>', '/dev/.lab/lock' or return;
    flock $lock, 2;
}

# [text, prefix length, what ifconfig says of a SLAAC address] of the addresses that Linux has on an interface, IPv4 first.
sub kernel_addresses {
    my ($name) = @_;
    my @found = map { $_->[0] eq $name ? [@$_[1 .. 3]] : () } @{ our $known_addresses // [read_addresses($name)] };
    return (grep({ $_->[0] !~ /:/ } @found), grep { $_->[0] =~ /:/ } reverse @found);
}

# For programs that only look: the kernel is asked once for all interfaces.
sub know_addresses { our $known_addresses = [read_addresses()] }

# A SLAAC address has lifetimes; Linux makes the temporary ones, too, and prefers them as in6_ifawithscope() of in6.c does.
sub slaac_words {
    my ($flags, $preferred, $valid) = @_;
    return '' if grep { !defined || $_ == 0xffffffff } $preferred, $valid;
    return join '', $flags & 0x20 ? ' deprecated' : '', ' autoconf', $flags & 1 ? ' temporary' : '',
        " pltime $preferred vltime $valid";
}

# [interface, text, prefix length, words] … of one interface or all: rtnetlink(7), since to start ip(8) takes longer.
sub read_addresses {
    my %names = map { (unpack('l', ioctl_on(0x8933, $_) // return), $_) } @_ ? @_ : interface_names();
    socket my $kernel, 16, 3, 0 or return;
    syswrite $kernel, pack 'L S2 L2 C4 L', 24, 22, 0x301, 1, (0) x 6;    # RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP
    my @found;
    while (sysread $kernel, my $messages, 65536) {
        while (my ($length, $type) = unpack 'L S', $messages) {
            return @found if $type == 3;                                 # NLMSG_DONE
            push @found, read_address(substr($messages, 16, $length - 16), \%names);
            substr($messages, 0, $length) = '';
        }
    }
    return @found;
}

# struct ifaddrmsg and its attributes; an address with another end has no prefix length.
sub read_address {
    my ($message, $names) = @_;
    my (undef, $bits, undef, undef, $index) = unpack 'C4 L', $message;
    my %attributes;
    for (my $at = 8; $at + 4 <= length $message;) {
        my ($length, $type) = unpack 'S2', substr $message, $at;
        $attributes{$type} = substr $message, $at + 4, $length - 4;
        $at += $length + 3 & ~3;
    }
    my ($address, $local, $lifetimes, $flags) = @attributes{1, 2, 6, 8};
    return () unless $names->{$index};
    return [$names->{$index}, address_text($local // $address), defined $local && $local ne $address ? undef : $bits,
        slaac_words(unpack('L', $flags), unpack 'L2', $lifetimes // '')];
}

# Linux drops IPv6 addresses of an interface that goes down unless it is told not to.
sub keep_addresses {
    my ($name) = @_;
    open my $knob, '>', "/proc/sys/net/ipv6/conf/$name/keep_addr_on_down" or return;
    print $knob "1\n";
}

# Every address as ifconfig shows it: [text, prefix length, tentative, SLAAC words], in the order in which they were given.
sub shown_addresses {
    my ($name, $kept) = @_;
    my @kernel = kernel_addresses($name);
    my (@shown, %seen);
    for my $address (@{ $kept->{addresses} }) {
        my ($text, $length, $until) = @$address;
        my $there     = grep { $_->[0] eq $text } @kernel;
        my $tentative = ($until // 0) && !$there;
        next unless $there || $tentative;
        push @shown, [$text, $length, $tentative, ''];
        $seen{$text} = 1;
    }
    push @shown, map { [$_->[0], $_->[1] // ($_->[0] =~ /:/ ? 128 : 32), 0, $_->[2]] } grep { !$seen{ $_->[0] } } @kernel;
    return (grep({ $_->[0] !~ /:/ } @shown), grep { $_->[0] =~ /:/ } @shown);
}

# How many addresses are still being looked at for duplicates: net.inet6.ip6.dad_pending.
sub dad_pending {
    my $count = 0;
    for my $name (names_in($state_folder)) {
        $count += grep { $_->[2] } shown_addresses($name, load_state($name));
    }
    return $count;
}

1;

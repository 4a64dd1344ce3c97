# Where a rule of pf.conf(5) says `from` and `to`: addresses, interfaces, tables and ports.
use strict;
require '/usr/libexec/lab/interfaces.pl';
require '/usr/libexec/lab/pf-words.pl';

sub number_of_port {
    my ($text) = @_;
    return $text if $text =~ /^\d+$/ && $text < 65536;
    my $port = $text =~ /^\d+$/ ? undef : getservbyname($text, 'tcp') // getservbyname($text, 'udp');
    pf_error("unknown port $text") unless defined $port;
    return $port;
}

sub port {
    if (peek() =~ /^(=|!=|!|<|>|<=|>=)$/) {
        my $operator = take();
        $operator .= take() if $operator =~ /^[!<>]$/ && peek() eq '=';
        return "$operator " . number_of_port(word());
    }
    my $text = word();
    if ($text  =~ /^([^:]+):([^:]+)$/) { return number_of_port($1) . ':' . number_of_port($2) }
    if (peek() =~ /^[<>]$/) {
        my $operator = take() . take();
        return number_of_port($text) . " $operator " . number_of_port(word());
    }
    return '= ' . number_of_port($text);
}

# { text, family } of every address a host means: an address, a name, an interface, (interface), a table, any.
sub host {
    my $not = accept_word('!') ? '! ' : '';
    if (accept_word('<')) {
        my $name = word();
        accept_word('>') or syntax();
        return { text => "$not<$name>", family => 0 };
    }
    if (accept_word('(')) {
        my $name = word();
        accept_word(')') or syntax();
        return { text => "$not($name)", family => 0 };
    }
    my $text = word();
    return { text => 'any', family => 0 } if $text eq 'any';
    return { text => $not . 'self', family => 0, self => 1 } if $text eq 'self';
    my ($base, $bits) = $text =~ m{^(.*)/(\d+)$} ? ($1, $2) : ($text, undef);
    my $bytes = pack_address($base);
    if (defined $bytes) {
        my $full = 8 * length $bytes;
        pf_error("prefixlen must be <= $full") if defined $bits && $bits > $full;
        $bytes = network_of($bytes, $bits)     if defined $bits;
        return { text => $not . address_text($bytes) . (defined $bits && $bits < $full ? "/$bits" : ''),
            family => $full == 32 ? 4 : 6 };
    }
    syntax()                                   if $base                      =~ /^\d+$/;
    return addresses_of_interface($base, $not) if $base eq 'egress' || $base =~ /^[a-z]+\d+$/ && interface($base);
    require '/usr/libexec/lab/resolve.pl';
    my @found = addresses_of($base);
    if (!@found) { print STDERR "no IP address found for $base\n"; pf_error('could not parse host specification') }
    return map { { text => $not . address_text($_), family => length $_ == 4 ? 4 : 6 } } @found;
}

sub egress_interfaces {
    require '/usr/libexec/lab/ifconfig-show.pl';
    return grep { has_default_route($_) } interface_names();
}

sub addresses_of_interface {
    my ($name, $not) = @_;
    my @found = map { shown_addresses($_, load_state($_)) } $name eq 'egress' ? egress_interfaces() : $name;
    if (!@found) { print STDERR "no IP address found for $name\n"; pf_error('could not parse host specification') }
    return map { { text => "$not$_->[0]", family => $_->[0] =~ /:/ ? 6 : 4 } } @found;
}

# `from X port P` or `to X port P` as lists of { text, family } and of ports.
sub side {
    my @hosts = peek() eq 'port'    ? { text => 'any', family => 0 } : list_of(\&host);
    my @ports = accept_word('port') ? list_of(\&port)                : ('');
    return (\@hosts, \@ports);
}

1;

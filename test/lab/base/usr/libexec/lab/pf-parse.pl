# The grammar of pf.conf(5) as far as the lab enforces it: macros, lists, set, table, anchor, load anchor, pass, block,
# match without parameters. What pf has beyond that is refused by name, so that nothing is believed to be in force.
use strict;
require '/usr/libexec/lab/interfaces.pl';

our %pf_macros;
my ($file, $line, @tokens, @lines);
my %not_here = map { $_ => 1 } qw(nat-to rdr-to af-to binat-to divert-to divert-packet divert-reply route-to reply-to dup-to queue scrub set-tos
    antispoof received-on tagged probability os rdomain rtable include);

sub pf_error { my ($text) = @_; print STDERR "$file:$line: $text\n"; die "pf\n" }
sub syntax { pf_error('syntax error') }

# A statement's words: strings keep a mark in front, so that a quoted word is never a keyword.
sub tokens_of {
    my ($text) = @_;
    my @found;
    while ($text =~ /\G\s*(?:"([^"]*)"|(\$[A-Za-z_]\w*)|([{}(),=!<>]|>=|<=|!=|<>|><)|([^\s"{}(),=!<>]+))/gc) {
        push @found, defined $1 ? "\"$1" : defined $2 ? macro($2) : $3 // $4;
    }
    syntax() if ($text =~ /\G\s*(.*)/s)[0] =~ /\S/;
    return @found;
}

sub macro {
    my ($name) = @_;
    $name =~ s/^\$//;
    if (!defined $pf_macros{$name}) { print STDERR "$file:$line: macro '$name' not defined\n"; syntax() }
    return tokens_of($pf_macros{$name});
}

# A file as [line number, text] of whole statements.
sub statements {
    my ($text) = @_;
    my (@found, $held, $from);
    my $number = 0;
    for (split /\n/, $text) {
        $number++;
        my $part = $_;
        $part =~ s/^((?:[^"#]|"[^"]*")*)#.*/$1/;
        $from //= $number;
        if ($part =~ s/\\$//) { $held .= "$part "; next }
        $held .= $part;
        # Inside braces a line's end is only a blank.
        if (($held =~ tr/{//) > ($held =~ tr/}//)) { $held .= ' '; next }
        push @found, [$from, $held] if $held =~ /\S/;
        ($held, $from) = (undef, undef);
    }
    push @found, [$from, $held] if defined $held && $held =~ /\S/;
    return @found;
}

sub peek { return $tokens[0] // '' }
sub take { return shift @tokens // syntax() }
sub word { my $word = take(); syntax() if $word =~ /^[{}(),=<>!]$/; $word =~ s/^"//; return $word }
sub accept_word { my ($wanted) = @_; return peek() eq $wanted ? take() : undef }

# One thing or a list of things; each is read by the function.
sub list_of {
    my ($read) = @_;
    return $read->() unless accept_word('{');
    my @found;
    until (accept_word('}')) {
        push @found, list_item($read);
        accept_word(',');
    }
    syntax() unless @found;
    return @found;
}
sub list_item { my ($read) = @_; return peek() eq '{' ? list_of($read) : $read->() }

my %protocols = (tcp => 'tcp', udp => 'udp', icmp => 'icmp', icmp6 => 'ipv6-icmp', 'ipv6-icmp' => 'ipv6-icmp', esp => 'esp', gre => 'gre', 6 => 'tcp', 17 => 'udp', 1 => 'icmp', 58 => 'ipv6-icmp');
our %icmp_types = (
    icmp => { echorep => 0, unreach => 3, redir => 5, echoreq => 8, routeradv => 9, routersol => 10, timex => 11, paramprob => 12 },
    'ipv6-icmp' => { unreach => 1, toobig => 2, timex => 3, paramprob => 4, echoreq => 128, echorep => 129, routersol => 133, routeradv => 134, neighbrsol => 135, neighbradv => 136 },
);

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
    if ($text =~ /^([^:]+):([^:]+)$/) { return number_of_port($1) . ':' . number_of_port($2) }
    if (peek() =~ /^[<>]$/) { my $operator = take() . take(); return number_of_port($text) . " $operator " . number_of_port(word()) }
    return '= ' . number_of_port($text);
}

# { text, family } of every address a host means: an address, a name, an interface, (interface), a table, any.
sub host {
    my $not = accept_word('!') ? '! ' : '';
    if (accept_word('<')) { my $name = word(); accept_word('>') or syntax(); return { text => "$not<$name>", family => 0 } }
    if (accept_word('(')) { my $name = word(); accept_word(')') or syntax(); return { text => "$not($name)", family => 0 } }
    my $text = word();
    return { text => 'any', family => 0 } if $text eq 'any';
    return { text => $not . 'self', family => 0, self => 1 } if $text eq 'self';
    my ($base, $bits) = $text =~ m{^(.*)/(\d+)$} ? ($1, $2) : ($text, undef);
    my $bytes = pack_address($base);
    if (defined $bytes) {
        my $full = 8 * length $bytes;
        pf_error("prefixlen must be <= $full") if defined $bits && $bits > $full;
        $bytes = network_of($bytes, $bits) if defined $bits;
        return { text => $not . address_text($bytes) . (defined $bits && $bits < $full ? "/$bits" : ''), family => $full == 32 ? 4 : 6 };
    }
    syntax() if $base =~ /^\d+$/;
    return addresses_of_interface($base, $not) if $base eq 'egress' || $base =~ /^[a-z]+\d+$/ && interface($base);
    require '/usr/libexec/lab/resolve.pl';
    my @found = addresses_of($base);
    if (!@found) { print STDERR "no IP address found for $base\n"; pf_error('could not parse host specification') }
    return map { { text => $not . address_text($_), family => length $_ == 4 ? 4 : 6 } } @found;
}

sub egress_interfaces { require '/usr/libexec/lab/ifconfig-show.pl'; return grep { has_default_route($_) } interface_names() }

sub addresses_of_interface {
    my ($name, $not) = @_;
    my @found = map { shown_addresses($_, load_state($_)) } $name eq 'egress' ? egress_interfaces() : $name;
    if (!@found) { print STDERR "no IP address found for $name\n"; pf_error('could not parse host specification') }
    return map { { text => "$not$_->[0]", family => $_->[0] =~ /:/ ? 6 : 4 } } @found;
}

# `from X port P` or `to X port P` as lists of { text, family } and of ports.
sub side {
    my @hosts = peek() eq 'port' ? { text => 'any', family => 0 } : list_of(\&host);
    my @ports = accept_word('port') ? list_of(\&port) : ('');
    return (\@hosts, \@ports);
}

# Everything that stands between the action and the end of a filter rule; returns the rules it expands to.
sub rule_from {
    my (%rule) = @_;
    my (@on, @protocols, @types, @users);
    my ($from, $from_ports, $to, $to_ports) = ([{ text => 'any', family => 0 }], [''], [{ text => 'any', family => 0 }], ['']);
    $rule{all} = 1;
    while (@tokens) {
        my $word = take();
        if ($word eq 'in' || $word eq 'out') { $rule{direction} = $word }
        elsif ($word eq 'log') { $rule{log} = 1; if (accept_word('(')) { 1 until take() eq ')' } }
        elsif ($word eq 'quick') { $rule{quick} = 1 }
        elsif ($word eq 'on') { @on = list_of(sub { my $not = accept_word('!') ? '! ' : ''; return $not . word() }) }
        elsif ($word =~ /^inet(6?)$/) { $rule{family} = $1 ? 6 : 4 }
        elsif ($word eq 'proto') { @protocols = list_of(sub { my $name = word(); $protocols{$name} // pf_error("unknown protocol $name") }) }
        elsif ($word eq 'all') { }
        elsif ($word eq 'from') { ($from, $from_ports) = side(); $rule{all} = 0 }
        elsif ($word eq 'to') { ($to, $to_ports) = side(); $rule{all} = 0 }
        elsif ($word =~ /^icmp(6?)-type$/) { my $kind = $1 ? 'ipv6-icmp' : 'icmp'; @types = list_of(sub { icmp_type($kind) }); $rule{types_of} = $kind }
        elsif ($word eq 'user') { @users = list_of(sub { accept_word('='); my $name = word(); $name =~ /^\d+$/ ? $name : getpwnam($name) // pf_error("unknown user $name") }) }
        elsif ($word eq 'flags') { $rule{flags} = word() }
        elsif ($word eq 'keep' || $word eq 'modulate' || $word eq 'synproxy') { take() eq 'state' or syntax(); if (accept_word('(')) { 1 until take() eq ')' } $rule{state} = $word if $word ne 'keep' }
        elsif ($word eq 'no') { take() eq 'state' or syntax(); $rule{state} = 'no' }
        elsif ($word eq 'label' || $word eq 'tag') { $rule{$word} = word() }
        elsif ($word eq 'allow-opts' || $word eq 'fragment') { }
        elsif ($not_here{$word}) { pf_error("lab: $word is not enforced here") }
        else { syntax() }
    }
    return expand(\%rule, \@on, \@protocols, $from, $from_ports, $to, $to_ports, \@types, \@users);
}

sub icmp_type {
    my ($kind) = @_;
    my $name = word();
    my %number = %{ $icmp_types{$kind} };
    my ($known) = $name =~ /^\d+$/ ? grep { $number{$_} == $name } keys %number : grep { $_ eq $name } keys %number;
    pf_error("unknown icmp-type $name") unless defined $known;
    return $known;
}

sub expand {
    my ($rule, $on, $protocols, $from, $from_ports, $to, $to_ports, $types, $users) = @_;
    my @rules;
    for my $interface (@$on ? @$on : '') { for my $protocol (@$protocols ? @$protocols : '') { for my $type (@$types ? @$types : '') {
    for my $source (@$from) { for my $source_port (@$from_ports) { for my $target (@$to) { for my $target_port (@$to_ports) { for my $user (@$users ? @$users : '') {
        pf_error('port only applies to tcp/udp') if ($source_port ne '' || $target_port ne '') && $protocol !~ /^(tcp|udp)$/;
        pf_error('icmp-type requires protocol icmp') if $type ne '' && $protocol ne $rule->{types_of};
        my %families = map { $_ => 1 } grep { $_ } $rule->{family} // 0, $source->{family}, $target->{family},
            $protocol eq 'icmp' ? 4 : $protocol eq 'ipv6-icmp' ? 6 : 0;
        next if keys %families > 1;
        my ($family) = keys %families;
        push @rules, { %$rule, on => $interface, proto => $protocol, type => $type, from => $source->{text}, from_port => $source_port,
            to => $target->{text}, to_port => $target_port, user => $user, family => $rule->{family} // ($source->{family} || $target->{family} || undef), real_family => $family };
    } } } } } } } }
    if (!@rules) { pf_error('rule expands to no valid combination') }
    return @rules;
}

# Reads a rule set. Returns { rules, skip => [...], tables => {…}, loads => [[anchor, file], …], macros => [[name, value], …] }.
sub parse_pf {
    my ($name, $text, $in_anchor) = @_;
    my %set = (rules => [], skip => [], tables => {}, loads => [], macros => [], policy => 'drop', optimize => 1);
    my $failed = 0;
    for my $statement (statements($text)) {
        ($file, $line) = ($name, $statement->[0]);
        eval { statement(\%set, $statement->[1], $in_anchor); 1 } or do { die $@ if $@ ne "pf\n"; $failed = 1 };
    }
    return $failed ? undef : \%set;
}

sub statement {
    my ($set, $text, $in_anchor) = @_;
    if ($text =~ /^\s*([A-Za-z_]\w*)\s*=\s*(.+?)\s*$/s) {
        my ($name, $value) = ($1, $2);
        $value =~ s/^"(.*)"$/$1/s unless $value =~ /^".*".*"/s;
        $value =~ s/\$([A-Za-z_]\w*)/defined $pf_macros{$1} ? $pf_macros{$1} : macro($1)/ge;
        $pf_macros{$name} = $value;
        push @{ $set->{macros} }, [$name, $value];
        return;
    }
    @tokens = tokens_of($text);
    my $word = take();
    if ($word eq 'pass' || $word eq 'match') { push @{ $set->{rules} }, rule_from(action => $word) }
    elsif ($word eq 'block') {
        my $return = $set->{policy};
        if (peek() eq 'return' || peek() eq 'drop') { $return = take() }
        elsif (peek() =~ /^return-(rst|icmp6?)$/) { $return = take(); if (accept_word('(')) { 1 until take() eq ')' } }
        push @{ $set->{rules} }, rule_from(action => 'block', return => $return);
    } elsif ($word eq 'anchor') {
        my $name = peek() =~ /^"/ ? word() : peek() =~ /^(in|out|on|all|inet6?|proto|from|to)?$/ ? syntax() : word();
        push @{ $set->{rules} }, rule_from(action => 'anchor', name => $name);
    } elsif ($word eq 'load') {
        take() eq 'anchor' or syntax();
        my $name = word();
        take() eq 'from' or syntax();
        push @{ $set->{loads} }, [$name, word()];
        syntax() if @tokens;
    } elsif ($word eq 'set') { set_option($set, $in_anchor) }
    elsif ($word eq 'table') {
        accept_word('<') or syntax();
        my $name = word();
        accept_word('>') or syntax();
        my @hosts;
        while (@tokens) {
            if (peek() eq '{') { @hosts = list_of(\&host) }
            elsif (peek() =~ /^(persist|const|counters)$/) { take() }
            elsif (accept_word('file')) { pf_error('lab: table files are not read here') }
            else { syntax() }
        }
        $set->{tables}{$name} = [map { $_->{text} } @hosts];
    } elsif ($not_here{$word}) { pf_error("lab: $word is not enforced here") }
    else { syntax() }
}

sub set_option {
    my ($set, $in_anchor) = @_;
    my $word = take();
    syntax() if $in_anchor;
    if ($word eq 'skip') { take() eq 'on' or syntax(); push @{ $set->{skip} }, list_of(\&word) }
    elsif ($word eq 'block-policy') { my $policy = word(); syntax() unless $policy =~ /^(drop|return)$/; $set->{policy} = $policy }
    elsif ($word eq 'ruleset-optimization') { $set->{optimize} = word() eq 'none' ? 0 : 1 }
    elsif ($word =~ /^(optimization|loginterface|hostid|state-policy|debug|fingerprints|reassemble|limit|timeout|state-defaults|syncookies)$/) { @tokens = () }
    else { syntax() }
    syntax() if @tokens;
}

1;

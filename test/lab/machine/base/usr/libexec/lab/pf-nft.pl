# Rules of pf as an nftables table. Where pf lets the last match decide, a mark carries the decision to the end of the
# chain; a quick rule decides where it stands. Connections that are known pass, as pf's states do, whatever is loaded.
use strict;

our %icmp_types;
my %marks = (pass => 1, drop => 2, return => 3);

sub interface_match {
    my ($text, $key) = @_;
    my $not = $text =~ s/^! // ? '!= ' : '';
    if ($text eq 'egress') {
        my @names = egress_interfaces();
        return @names ? "$key $not\{ " . join(', ', map { "\"$_\"" } @names) . ' }' : undef;
    }
    return "$key $not\"$text\"" if $text =~ /\d$/;
    return "$key $not\"$text*\"";
}

sub address_match {
    my ($text, $end, $direction, $family, $tables) = @_;
    return '' if $text eq 'any';
    my $not  = $text =~ s/^! //   ? '!= ' : '';
    my $port = $direction eq 'in' ? 'iif' : 'oif';
    if ($text =~ /^\((.*)\)$/) {
        return $1 eq 'self' ? "fib $end type $not" . 'local' : "fib $end . $port type $not" . 'local';
    }
    return "fib $end type $not" . 'local' if $text eq 'self';
    my @all  = $text =~ /^<(.*)>$/ ? @{ $tables->{$1} // [] } : $text;
    my @mine = grep { ($family // 0) == 6 ? /:/ : ($family // 0) == 4 ? !/:/ : 1 } @all;
    return undef unless @mine;
    my $six = $mine[0] =~ /:/;
    return
          ($six ? 'ip6' : 'ip')
        . " $end $not"
        . (@mine > 1 ? '{ ' . join(', ', grep { /:/ == $six } @mine) . ' }' : $mine[0]);
}

sub port_match {
    my ($text, $protocol, $end) = @_;
    return '' if $text eq '';
    return "$protocol $end " . ($2 eq '><' ? ($1 + 1) . '-' . ($3 - 1) : "!= $1-$3")
        if $text =~ /^(\d+) (><|<>) (\d+)$/;
    return "$protocol $end $1-$2" if $text =~ /^(\d+):(\d+)$/;
    my ($operator, $number) = split / /, $text;
    return "$protocol $end " . ($operator eq '=' ? '' : "$operator ") . $number;
}

# The lines of one rule in one direction; none if it can never match there. $translates: those of nat-to instead.
sub nft_rule {
    my ($rule, $direction, $tables, $translates) = @_;
    return if $translates && !defined $rule->{nat};
    return if $rule->{direction} && $rule->{direction} ne $direction;
    my @parts;
    if ($rule->{on} ne '') {
        push @parts, interface_match($rule->{on}, $direction eq 'in' ? 'iifname' : 'oifname') // return;
    }
    my $family = $rule->{real_family};
    push @parts, $family == 6 ? 'meta nfproto ipv6' : 'meta nfproto ipv4' if $family;
    my %names = (tcp => 'tcp', udp => 'udp', icmp => 'icmp', 'ipv6-icmp' => 'ipv6-icmp', esp => 'esp', gre => 'gre');
    push @parts, "meta l4proto $names{$rule->{proto}}" if $rule->{proto} ne '';
    for (['from', 'saddr', 'sport'], ['to', 'daddr', 'dport']) {
        my ($side, $end, $port) = @$_;
        push @parts, address_match($rule->{$side}, $end, $direction, $family, $tables) // return;
        push @parts, port_match($rule->{"${side}_port"}, $rule->{proto}, $port);
    }
    push @parts,
          ($rule->{types_of} eq 'icmp' ? 'icmp' : 'icmpv6')
        . ' type '
        . $icmp_types{ $rule->{types_of} }{ $rule->{type} }
        if $rule->{type} ne '';
    if ($rule->{user} ne '') { return if $direction eq 'in'; push @parts, "meta skuid $rule->{user}" }
    my $match = join ' ', grep { length } @parts;
    return "$match jump anchor_${\anchor_id($rule->{name})}_$direction" if $rule->{action} eq 'anchor';
    return                                                              if $rule->{action} eq 'match';
    return "$match snat " . ($family == 6 ? 'ip6' : 'ip') . " to $rule->{nat}" if $translates;
    my $what = $rule->{action} eq 'pass' ? 'pass' : $rule->{return} eq 'drop' ? 'drop' : 'return';
    my $verdict =
        $rule->{quick}
        ? { pass => 'accept', drop => 'drop', return => 'goto refuse' }->{$what}
        : "meta mark set $marks{$what}";
    # flags S/SA: a tcp packet that belongs to no connection passes only if it starts one.
    return "$match $verdict"
        if $what ne 'pass'
        || ($rule->{flags} // '') eq 'any'
        || ($rule->{state} // '') eq 'no'
        || $rule->{proto} !~ /^(tcp)?$/;
    return "$match tcp flags & (syn | ack) == syn $verdict" if $rule->{proto} eq 'tcp';
    return ("$match meta l4proto != tcp $verdict", "$match meta l4proto tcp tcp flags & (syn | ack) == syn $verdict");
}

sub anchor_id { my ($name) = @_; return unpack 'H*', $name }

# The whole table: $main is a parsed rule set, $anchors are rule sets by name.
sub nft_table {
    my ($main, $anchors) = @_;
    my $text = "table inet pf\ndelete table inet pf\ntable inet pf {\n"
        . "\tchain refuse {\n\t\tmeta l4proto tcp reject with tcp reset\n\t\tmeta l4proto udp reject\n\t\tdrop\n\t}\n";
    my %names = map { $_->{name} => 1 } grep { $_->{action} eq 'anchor' } @{ $main->{rules} },
        map { @{ $_->{rules} } } values %$anchors;
    # A packet that is forwarded is looked at twice, on its way in and on its way out.
    for my $direction (qw(in out)) {
        for my $name (sort keys %names) {
            my $set = $anchors->{$name} // { rules => [], tables => {} };
            $text .=
                  "\tchain anchor_"
                . anchor_id($name)
                . "_$direction {\n"
                . join('',
                map     { "\t\t$_\n" }
                    map { nft_rule($_, $direction, { %{ $main->{tables} }, %{ $set->{tables} } }) }
                    @{ $set->{rules} })
                . "\t}\n";
        }
        my $key = $direction eq 'in' ? 'iifname' : 'oifname';
        my %hooks = ($direction => $direction eq 'in' ? 'input' : 'output', "forward_$direction" => 'forward');
        for my $chain (sort keys %hooks) {
            my $priority = $chain eq 'forward_out' ? 1 : 0;
            $text .= "\tchain $chain {\n\t\ttype filter hook $hooks{$chain} priority $priority; policy accept;\n";
            $text .= "\t\t" . interface_match($_, $key) . " accept\n" for @{ $main->{skip} };
            $text .= "\t\tct state established,related accept\n\t\tmeta mark set 0\n";
            $text .= join '', map { "\t\t$_\n" } map { nft_rule($_, $direction, $main->{tables}) } @{ $main->{rules} };
            $text .= "\t\tmeta mark $marks{drop} drop\n\t\tmeta mark $marks{return} goto refuse\n\t}\n";
        }
    }
    my @nat = map { my $set = $_; map { nft_rule($_, 'out', { %{ $main->{tables} }, %{ $set->{tables} } }, 1) } @{ $set->{rules} } }
        $main, map { $anchors->{$_} // () } sort keys %names;
    $text .= "\tchain translate {\n\t\ttype nat hook postrouting priority 100; policy accept;\n"
        . join('', map { "\t\t$_\n" } @nat) . "\t}\n" if @nat;
    return "$text}\n";
}

1;

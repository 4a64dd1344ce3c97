# Rules as pfctl -sr prints them, in the order that pfctl's optimizer puts them.
use strict;

sub end_text { my ($host, $port) = @_; return $host . ($port ne '' ? " port $port" : '') }

sub rule_text {
    my ($rule) = @_;
    my @words = $rule->{action} eq 'anchor' ? "anchor \"$rule->{name}\"" : $rule->{action};
    push @words, $rule->{return}                         if $rule->{action} eq 'block';
    push @words, $rule->{direction}                      if $rule->{direction};
    push @words, 'log'                                   if $rule->{log};
    push @words, 'quick'                                 if $rule->{quick};
    push @words, "on $rule->{on}"                        if $rule->{on} ne '';
    push @words, $rule->{family} == 6 ? 'inet6' : 'inet' if $rule->{family};
    push @words, "proto $rule->{proto}"                  if $rule->{proto} ne '';
    my $plain = $rule->{from} eq 'any' && $rule->{to} eq 'any' && $rule->{from_port} eq '' && $rule->{to_port} eq '';
    push @words,
        $plain
        ? 'all'
        : 'from ' . end_text($rule->{from}, $rule->{from_port}) . ' to ' . end_text($rule->{to}, $rule->{to_port});
    push @words, "user = $rule->{user}" if $rule->{user} ne '';

    if ($rule->{action} eq 'pass' && $rule->{proto} =~ /^(tcp)?$/ && ($rule->{state} // '') ne 'no') {
        push @words, 'flags ' . ($rule->{flags} // 'S/SA')
            if ($rule->{flags} // '') ne 'any' || $rule->{proto} eq 'tcp';
    }
    push @words, ($rule->{types_of} eq 'icmp' ? 'icmp-type ' : 'icmp6-type ') . $rule->{type} if $rule->{type} ne '';
    push @words, "$rule->{state} state"     if $rule->{state};
    push @words, "label \"$rule->{label}\"" if defined $rule->{label};
    push @words, "tag $rule->{tag}"         if defined $rule->{tag};
    push @words, "nat-to $rule->{nat}"      if defined $rule->{nat};
    return join ' ', @words;
}

# Rules that may change places: neighbours that do the same in the same way. A group of interfaces is a barrier, since
# nobody knows which interfaces it will hold.
sub blocks_of {
    my (@rules) = @_;
    my @blocks;
    for my $rule (@rules) {
        my $kind  = join ' ', map { $_ // '' } @$rule{qw(action return log quick state label tag name user nat)};
        my $group = $rule->{on} =~ /\d$/ || $rule->{on} eq '' ? '' : $rule->{on};
        $kind .= $rule->{action} eq 'anchor' ? ' ' . scalar @blocks : '';
        if (   @blocks
            && $blocks[-1]{kind} eq $kind
            && ($group eq '' && $blocks[-1]{group} eq '' || $rule->{on} eq $blocks[-1]{rules}[0]{on})) {
            push @{ $blocks[-1]{rules} }, $rule;
        }
        else { push @blocks, { kind => $kind, group => $group, rules => [$rule] } }
    }
    return map { $_->{rules} } @blocks;
}

# True if everything that the second rule matches is matched by the first.
sub covers {
    my ($wide, $narrow) = @_;
    return 0 if grep {
        my $blank = $_ =~ /from$|to$/ ? 'any' : '';
        ($wide->{$_} // '') ne $blank && ($wide->{$_} // '') ne ($narrow->{$_} // '')
    } qw(on direction family proto from to from_port to_port type flags);
    return 1;
}

my @criteria = (
    sub { $_[0]{on} }, sub { $_[0]{direction} // '' }, sub { $_[0]{family} // '' }, sub { $_[0]{proto} },
    sub { $_[0]{from} eq 'any' ? '' : $_[0]{from} }, sub { $_[0]{to} eq 'any' ? '' : $_[0]{to} },
    sub { $_[0]{from_port} },                        sub { $_[0]{to_port} },
);

# Puts rules that agree in something next to each other, the largest such crowd first, and so on within it.
sub reorder {
    my (@rules) = @_;
    my %place = map { $rules[$_] => $_ } 0 .. $#rules;
    my @crowds;
    for my $i (0 .. $#criteria) {
        my (%by_value, @lists);
        for my $rule (@rules) {
            my $value = $criteria[$i]->($rule);
            # What is not said agrees with nothing.
            my $key = $value eq '' ? "\0$place{$rule}" : $value;
            push @lists, $by_value{$key} = [] unless $by_value{$key};
            push @{ $by_value{$key} }, $rule;
        }
        my @sorted = sort { @$b <=> @$a } @lists;
        $crowds[$i] = @{ $sorted[0] } == @rules || @{ $sorted[0] } == 1 ? [] : \@sorted;
    }
    my (@done, %gone);
    while (keys %gone < @rules) {
        my ($largest, $from) = (1);
        for my $i (0 .. $#crowds) {
            $crowds[$i] = [sort { @$b <=> @$a } map { [grep { !$gone{$_} } @$_] } @{ $crowds[$i] }];
            ($largest, $from) = (scalar @{ $crowds[$i][0] }, $i)
                if @{ $crowds[$i] } && @{ $crowds[$i][0] } > $largest;
        }
        my @next = defined $from ? @{ shift @{ $crowds[$from] } } : grep { !$gone{$_} } @rules;
        @gone{@next} = (1) x @next;
        # A crowd of more than two is split off in front of what this block keeps.
        if   (defined $from && @next > 2) { push @{ $done[0] }, reorder(@next) }
        else                              { push @{ $done[1] }, @next }
    }
    return (@{ $done[0] // [] }, @{ $done[1] // [] });
}

sub optimize_rules {
    my (@rules) = @_;
    my @result;
    for my $block (blocks_of(@rules)) {
        my @kept = @$block;
        for my $i (reverse 0 .. $#kept) {
            splice @kept, $i, 1 if grep {
                $_ != $i && $kept[$_] && covers($kept[$_], $kept[$i]) && ($_ < $i || !covers($kept[$i], $kept[$_]))
            } 0 .. $#kept;
        }
        push @result, @kept > 1 ? reorder(@kept) : @kept;
    }
    return @result;
}

1;

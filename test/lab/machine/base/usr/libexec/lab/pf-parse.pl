# A whole pf.conf(5): macros, set, table, anchor, load anchor, pass, block, match without parameters.
use strict;
require '/usr/libexec/lab/pf-rule.pl';

our (%pf_macros, $pf_file, $pf_line, @pf_tokens, %pf_not_here);

# Reads a rule set. Returns { rules, skip => [...], tables => {…}, loads => [[anchor, file], …], macros => [[name, value], …] }.
sub parse_pf {
    my ($name, $text, $in_anchor) = @_;
    my %set    = (rules => [], skip => [], tables => {}, loads => [], macros => [], policy => 'drop', optimize => 1);
    my $failed = 0;
    for my $statement (statements($text)) {
        ($pf_file, $pf_line) = ($name, $statement->[0]);
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
    @pf_tokens = tokens_of($text);
    my $word = take();
    if    ($word eq 'pass' || $word eq 'match') { push @{ $set->{rules} }, rule_from(action => $word) }
    elsif ($word eq 'block') {
        my $return = $set->{policy};
        if    (peek() eq 'return' || peek() eq 'drop') { $return = take() }
        elsif (peek() =~ /^return-(rst|icmp6?)$/) {
            $return = take();
            if (accept_word('(')) { 1 until take() eq ')' }
        }
        push @{ $set->{rules} }, rule_from(action => 'block', return => $return);
    } elsif ($word eq 'anchor') {
        my $name = peek() =~ /^"/ ? word() : peek() =~ /^(in|out|on|all|inet6?|proto|from|to)?$/ ? syntax() : word();
        push @{ $set->{rules} }, rule_from(action => 'anchor', name => $name);
    } elsif ($word eq 'load') {
        take() eq 'anchor' or syntax();
        my $name = word();
        take() eq 'from' or syntax();
        push @{ $set->{loads} }, [$name, word()];
        syntax() if @pf_tokens;
    } elsif ($word eq 'set') {
        set_option($set, $in_anchor);
    } elsif ($word eq 'table') {
        accept_word('<') or syntax();
        my $name = word();
        accept_word('>') or syntax();
        my @hosts;
        while (@pf_tokens) {
            if    (peek() eq '{')                          { @hosts = list_of(\&host) }
            elsif (peek() =~ /^(persist|const|counters)$/) { take() }
            elsif (accept_word('file'))                    { pf_error('lab: table files are not read here') }
            else                                           { syntax() }
        }
        $set->{tables}{$name} = [map { $_->{text} } @hosts];
    } elsif ($pf_not_here{$word}) {
        pf_error("lab: $word is not enforced here");
    } else {
        syntax();
    }
}

sub set_option {
    my ($set, $in_anchor) = @_;
    my $word = take();
    syntax() if $in_anchor;
    if    ($word eq 'skip') { take() eq 'on' or syntax(); push @{ $set->{skip} }, list_of(\&word) }
    elsif ($word eq 'block-policy') {
        my $policy = word();
        syntax() unless $policy =~ /^(drop|return)$/;
        $set->{policy} = $policy;
    }
    elsif ($word eq 'ruleset-optimization') { $set->{optimize} = word() eq 'none' ? 0 : 1 }
    elsif ($word =~
        /^(optimization|loginterface|hostid|state-policy|debug|fingerprints|reassemble|limit|timeout|state-defaults|syncookies)$/
    ) {
        @pf_tokens = ();
    }
    else { syntax() }
    syntax() if @pf_tokens;
}

1;

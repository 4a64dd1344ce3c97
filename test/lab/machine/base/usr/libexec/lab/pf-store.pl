# What pf has loaded: kept in /dev/.lab/pf, which a reboot forgets as the kernel does, and put in force by nftables.
use strict;

our (%pf_macros, $pf_store);
$pf_store = '/dev/.lab/pf';

sub kept { my ($name) = @_; return "$pf_store/" . ($name eq '' ? 'main' : 'anchor.' . unpack 'H*', $name) }

sub slurp { my ($path) = @_; open my $file, '<', $path or return undef; local $/; return scalar(<$file>) // '' }

sub keep {
    my ($path, $text) = @_;
    mkdir '/dev/.lab';
    mkdir $pf_store;
    open my $file, '>', $path or die "$path: $!\n";
    print $file $text;
    close $file;
}

sub enabled_since { my $text = slurp("$pf_store/enabled"); return $text }

# The parser and what prints rules; compiling them takes longer than most answers do.
sub read_pf {
    require '/usr/libexec/lab/pf-parse.pl';
    require '/usr/libexec/lab/pf-show.pl';
    return parse_pf(@_);
}

sub loaded {
    my ($name) = @_;
    my $text   = slurp(kept($name)) // return undef;
    my %macros = %pf_macros;
    my $set    = read_pf('kept', $text, $name ne '');
    %pf_macros = %macros;
    return $set;
}

# The lines of a rule set as as_text wrote them, undef if there is none: rules as -sr prints them behind what it does not.
sub kept_lines {
    my $text = slurp(kept($_[0])) // return undef;
    return [split /^/, $text];
}

sub kept_rules {
    my $lines = kept_lines($_[0]) // return undef;
    return [grep { !/^(?:set|table) / } @$lines];
}

sub kept_skip { return map { /^set skip on \{ (.*) \}$/ ? split / /, $1 : () } @{ kept_lines('') // [] } }

# pfctl -f clears the flags first and sets them last: where it fails in between, they are gone (main of pfctl.c).
sub forget_skip {
    my $lines = kept_lines('') // return;
    keep(kept(''), join '', grep { !/^set skip / } @$lines);
    enforce();
}

sub anchors {
    my %found = map { /^anchor\.([0-9a-f]+)$/ ? (pack('H*', $1) => 1) : () } names_in($pf_store);
    for (@{ kept_rules('') // [] }) { $found{$1} = 1 if /^anchor "(.*?)"/ }
    return sort keys %found;
}

# Puts what is kept in force, or nothing while pf is off.
sub enforce {
    require '/usr/libexec/lab/pf-nft.pl';
    my $text = "table inet pf\ndelete table inet pf\n";
    if (defined enabled_since()) {
        $text = nft_table(loaded('') // { rules => [], skip => [], tables => {} },
            { map { $_ => loaded($_) // { rules => [], tables => {} } } anchors() });
    }
    open my $nft, '|-', '/.lab/usr/sbin/nft -f - 2>/dev/.lab/nft.errors' or die "nft: $!\n";
    print $nft $text;
    close $nft or do { print STDERR 'pfctl: lab: nftables: ', slurp('/dev/.lab/nft.errors'); exit 1 };
}

# A rule set as text that parses to itself: what -sr prints, behind its options and tables.
sub as_text {
    my ($set) = @_;
    return join '', map { "$_\n" } (@{ $set->{skip} } ? 'set skip on { ' . join(' ', @{ $set->{skip} }) . ' }' : ()),
        map({ "table <$_> { @{$set->{tables}{$_}} }" }
        grep { @{ $set->{tables}{$_} } } sort keys %{ $set->{tables} }), map { rule_text($_) } @{ $set->{rules} };
}

1;

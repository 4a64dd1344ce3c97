# pf.conf(5) as words: statements, quoted text, macros, lists, and errors that name the line.
use strict;

our (%pf_macros, $pf_file, $pf_line, @pf_tokens);

sub pf_error { my ($text) = @_; print STDERR "$pf_file:$pf_line: $text\n"; die "pf\n" }

sub syntax   { pf_error('syntax error') }

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
    if (!defined $pf_macros{$name}) { print STDERR "$pf_file:$pf_line: macro '$name' not defined\n"; syntax() }
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

sub peek        { return $pf_tokens[0]    // '' }

sub take        { return shift @pf_tokens // syntax() }

sub word        { my $word     = take(); syntax() if $word =~ /^[{}(),=<>!]$/; $word =~ s/^"//; return $word }

sub accept_word { my ($wanted) = @_;     return peek() eq $wanted ? take() : undef }

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

1;

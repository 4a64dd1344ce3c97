# The grammar that httpd.conf(5) and acme-client.conf(5) share: macros, `word … {`, `}`, one statement a line.
use strict;

# A file as a list of statements: { line, words => [...], inner => [...] }; dies with `FILE:LINE: syntax error`.
sub read_blocks {
    my ($path,  $text)   = @_;
    my (@stack, %macros) = ([]);
    my $number = 0;
    for (split /\n/, $text) {
        $number++;
        my $line = $_;
        $line =~ s/^((?:[^"#]|"[^"]*")*)#.*/$1/;
        if ($line =~ /^\s*([A-Za-z_]\w*)\s*=\s*"?([^"]*?)"?\s*$/) { $macros{$1} = $2; next }
        $line =~ s/\$([A-Za-z_]\w*)/exists $macros{$1} ? $macros{$1} : "\$$1"/ge;
        my @words;
        while ($line =~ /\G\s*(?:"((?:[^"\\]|\\.)*)"|([{}])|([^\s"{},]+)|,)/gc) {
            if (defined $2 && $2 eq '{') {
                my $statement = { line => $number, words => [@words], inner => [] };
                push @{ $stack[-1] }, $statement;
                push @stack,          $statement->{inner};
                @words = ();
            }
            elsif (defined $2) {
                push @{ $stack[-1] }, { line => $number, words => [@words] } if @words;
                @words = ();
                die "$path:$number: syntax error\n" if @stack == 1;
                pop @stack;
            } elsif (defined $1) {
                push @words, $1;
            } elsif (defined $3) {
                push @words, $3;
            }
        }
        die "$path:$number: syntax error\n"                          if ($line =~ /\G\s*(.*)/s)[0] =~ /\S/;
        push @{ $stack[-1] }, { line => $number, words => [@words] } if @words;
    }
    die "$path:" . ($number + 1) . ": syntax error\n" if @stack > 1;
    return @{ $stack[0] };
}

1;

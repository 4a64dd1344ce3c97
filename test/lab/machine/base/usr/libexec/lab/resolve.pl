# Names as OpenBSD's libc looks them up: in the order of `lookup` in /etc/resolv.conf, /etc/hosts and the name servers.
use strict;
require '/usr/libexec/lab/address.pl';

# { lookup => [...], servers => [...], family => [4, 6] }; docs/facts.md 9 has the defaults.
sub resolv_conf {
    local $_;
    my %conf = (lookup => ['bind', 'file'], servers => [], family => [4, 6]);
    open my $file, '<', '/etc/resolv.conf' or return { %conf, lookup => ['file'] };
    while (<$file>) {
        s/[#;].*//;
        my ($word, @rest) = split;
        next unless defined $word;
        $conf{lookup} = \@rest if $word eq 'lookup';
        push @{ $conf{servers} }, $rest[0] if $word eq 'nameserver';
        $conf{family} = [map { $_ eq 'inet6' ? 6 : 4 } @rest] if $word eq 'family';
    }
    return \%conf;
}

# [address bytes, canonical name, aliases…] of every line of /etc/hosts that has the name or the address.
sub hosts_lines {
    local $_;
    my ($wanted) = @_;
    my @found;
    open my $file, '<', '/etc/hosts' or return;
    while (<$file>) {
        s/#.*//;
        chomp;
        # A carriage return is a letter of the last name (_asr_parse_namedb_line of asr.c).
        my ($text, @names) = grep { length } split /[ \t]+/;
        next unless @names;
        my $bytes = pack_address($text) // next;
        push @found, [$bytes, @names] if $bytes eq $wanted || grep { lc eq lc $wanted } @names;
    }
    return @found;
}

my %types = (A => 1, NS => 2, CNAME => 5, SOA => 6, PTR => 12, MX => 15, TXT => 16, AAAA => 28, TLSA => 52);

sub domain_name {
    my ($packet, $at) = @_;
    my ($name, $after, $jumps) = ('', undef, 0);
    while (1) {
        my $length = ord substr $packet, $at, 1;
        if ($length >= 192) {
            $after //= $at + 2;
            return ('', $after) if $jumps++ > 20;
            $at = unpack('n', substr $packet, $at, 2) & 0x3fff;
            next;
        }
        $at++;
        last if !$length;
        $name .= substr($packet, $at, $length) . '.';
        $at += $length;
    }
    return ($name, $after // $at);
}

# Asks the name servers. Returns (rcode, records); a record is { name, type, … }; rcode is undef without an answer.
sub ask_dns {
    my ($name, $type, @servers) = @_;
    @servers = @{ resolv_conf()->{servers} } unless @servers;
    my $id       = int rand 65536;
    my $question = join('', map { chr(length) . $_ } split /\./, $name) . "\0" . pack 'n2', $types{$type}, 1;
    for my $server (@servers) {
        my $bytes = pack_address($server) // next;
        socket my $socket, length $bytes == 4 ? 2 : 10, 2, 0 or next;
        connect $socket, sockaddr($bytes, 53) or next;
        for my $wait (1, 2) {
            last unless defined send $socket, pack('n6', $id, 0x100, 1, 0, 0, 0) . $question, 0;
            my $ready = '';
            vec($ready, fileno $socket, 1) = 1;
            next unless select($ready, undef, undef, $wait) > 0;
            last unless defined recv $socket, my $packet, 4096, 0;
            next unless unpack('n', $packet) == $id;
            # Cut short: asked again over TCP, as libc and host(1) do.
            $packet = over_tcp($bytes, $id, $question) // return undef if unpack('x2n', $packet) & 0x200;
            return read_answer($packet, length $question);
        }
    }
    return undef;
}

sub over_tcp {
    my ($bytes, $id, $question) = @_;
    socket my $socket, length $bytes == 4 ? 2 : 10, 1, 0 or return undef;
    connect $socket, sockaddr($bytes, 53) or return undef;
    my $asks = pack('n6', $id, 0x100, 1, 0, 0, 0) . $question;
    syswrite $socket, pack('n', length $asks) . $asks;
    my $answer = '';
    while (length $answer < 2 || length $answer < 2 + unpack 'n', $answer) {
        return undef unless sysread $socket, $answer, 65536, length $answer;
    }
    return substr $answer, 2;
}

sub read_answer {
    my ($packet, $skip) = @_;
    my (undef,   $flags, undef, $count) = unpack 'n4', $packet;
    my ($at,     @records) = 12 + $skip;
    for (1 .. $count) {
        my ($name, $after) = domain_name($packet, $at);
        my ($type, undef, $ttl, $length) = unpack 'nnNn', substr $packet, $after, 10;
        my $from   = $after + 10;
        my $rest   = substr $packet, $from, $length;
        my %record = (name => $name, type => { reverse %types }->{$type} // $type, ttl => $ttl, bytes => $rest);
        $record{text} =
              $type == 1 || $type == 28 ? address_text($rest)
            : $type == 15               ? unpack('n', $rest) . ' ' . (domain_name($packet, $from + 2))[0]
            : $type == 16               ? join(' ', map { "\"$_\"" } unpack '(C/a)*', $rest)
            : $type == 52 ? join(' ', unpack('C3', $rest)) . ' ' . join ' ', unpack '(A56)*', uc unpack 'H*', substr $rest, 3
            : $type =~ /^(2|5|12)$/     ? (domain_name($packet, $from))[0]
            :                             '';
        push @records, \%record;
        $at = $from + $length;
    }
    return ($flags & 15, @records);
}

# Addresses of a name, as bytes, in the order getaddrinfo(3) gives them; @families is (4), (6) or nothing for both.
sub addresses_of {
    my ($name, @families) = @_;
    my $numeric = pack_address($name);
    my $conf    = resolv_conf();
    @families = @{ $conf->{family} } unless @families;
    return grep {
        my $bytes = $_;
        grep { length $bytes == ($_ == 4 ? 4 : 16) } @families
    } $numeric if defined $numeric;
    for my $where (@{ $conf->{lookup} }) {
        my @found;
        for my $family (@families) {
            my $size = $family == 4 ? 4 : 16;
            if ($where eq 'file') {
                push @found, map { $_->[0] } grep { length $_->[0] == $size } hosts_lines($name);
            }
            else {
                my ($rcode, @records) = ask_dns($name, $family == 4 ? 'A' : 'AAAA');
                push @found, map { $_->{bytes} } grep { $_->{type} eq ($family == 4 ? 'A' : 'AAAA') } @records
                    if defined $rcode && !$rcode;
            }
        }
        return @found if @found;
    }
    return;
}

# The PTR question of an address.
sub reverse_name {
    my ($bytes) = @_;
    return join('.', reverse unpack 'C4', $bytes) . '.in-addr.arpa' if length $bytes == 4;
    return join('.', reverse split //, unpack 'H*', $bytes) . '.ip6.arpa';
}

1;

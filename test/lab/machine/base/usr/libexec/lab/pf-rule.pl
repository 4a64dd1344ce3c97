# A rule of pf.conf(5): what stands between `pass` or `block` and the end of the line, and the rules it expands to. What
# pf has beyond what the lab enforces is refused by name, so that nothing is believed to be in force.
use strict;
require '/usr/libexec/lab/pf-hosts.pl';

our @pf_tokens;
our %pf_not_here = map { $_ => 1 }
    qw(rdr-to af-to binat-to divert-to divert-packet divert-reply route-to reply-to dup-to queue scrub set-tos
    antispoof received-on tagged probability os rdomain rtable include);

my %protocols =
    (tcp => 'tcp', udp => 'udp', icmp => 'icmp', icmp6 => 'ipv6-icmp', 'ipv6-icmp' => 'ipv6-icmp', esp => 'esp',
    gre => 'gre', 6 => 'tcp', 17 => 'udp', 1 => 'icmp', 58 => 'ipv6-icmp');

our %icmp_types = (
    icmp => {
        echorep   => 0, unreach => 3, redir => 5, echoreq => 8, routeradv => 9, routersol => 10, timex => 11,
        paramprob => 12
    },
    'ipv6-icmp' => {
        unreach   => 1,   toobig => 2, timex => 3, paramprob => 4, echoreq => 128, echorep => 129, routersol => 133,
        routeradv => 134, neighbrsol => 135, neighbradv => 136
    },
);

# Everything that stands between the action and the end of a filter rule; returns the rules it expands to.
sub rule_from {
    my (%rule) = @_;
    my (@on,   @protocols,  @types, @users);
    my ($from, $from_ports, $to,    $to_ports) =
        ([{ text => 'any', family => 0 }], [''], [{ text => 'any', family => 0 }], ['']);
    $rule{all} = 1;
    while (@pf_tokens) {
        my $word = take();
        if    ($word eq 'in' || $word eq 'out') { $rule{direction} = $word }
        elsif ($word eq 'log') {
            $rule{log} = 1;
            if (accept_word('(')) { 1 until take() eq ')' }
        }
        elsif ($word eq 'quick') { $rule{quick} = 1 }
        elsif ($word eq 'on') {
            @on = list_of(sub { my $not = accept_word('!') ? '! ' : ''; return $not . word() });
        }
        elsif ($word =~ /^inet(6?)$/) { $rule{family} = $1 ? 6 : 4 }
        elsif ($word eq 'proto') {
            @protocols = list_of(sub { my $name = word(); $protocols{$name} // pf_error("unknown protocol $name") });
        }
        elsif ($word eq 'all')  { }
        elsif ($word eq 'from') { ($from, $from_ports) = side(); $rule{all} = 0 }
        elsif ($word eq 'to')   { ($to,   $to_ports)   = side(); $rule{all} = 0 }
        elsif ($word =~ /^icmp(6?)-type$/) {
            my $kind = $1 ? 'ipv6-icmp' : 'icmp';
            @types = list_of(sub { icmp_type($kind) });
            $rule{types_of} = $kind;
        }
        elsif ($word eq 'user') {
            @users = list_of(
                sub {
                    accept_word('=');
                    my $name = word();
                    $name =~ /^\d+$/ ? $name : getpwnam($name) // pf_error("unknown user $name");
                }
            );
        }
        elsif ($word eq 'flags') { $rule{flags} = word() }
        elsif ($word eq 'keep' || $word eq 'modulate' || $word eq 'synproxy') {
            take() eq 'state' or syntax();
            if (accept_word('(')) { 1 until take() eq ')' }
            $rule{state} = $word if $word ne 'keep';
        }
        elsif ($word eq 'no') { take() eq 'state' or syntax(); $rule{state} = 'no' }
        elsif ($word eq 'label' || $word eq 'tag') { $rule{$word} = word() }
        elsif ($word eq 'nat-to') {
            my $nat = host();
            pf_error('lab: nat-to an address of the same family alone is enforced here')
                unless $nat->{family} && $nat->{text} !~ m{[!/]};
            $rule{nat} = $nat->{text};
        }
        elsif ($word eq 'allow-opts' || $word eq 'fragment') { }
        elsif ($pf_not_here{$word})                             { pf_error("lab: $word is not enforced here") }
        else                                                 { syntax() }
    }
    if (defined $rule{nat}) {
        pf_error('nat-to and rdr-to require a direction') unless $rule{direction};
        pf_error('lab: nat-to is enforced in quick rules of the way out alone')
            unless $rule{quick} && $rule{direction} eq 'out' && $rule{action} eq 'pass';
    }
    return expand(\%rule, \@on, \@protocols, $from, $from_ports, $to, $to_ports, \@types, \@users);
}

sub icmp_type {
    my ($kind)  = @_;
    my $name    = word();
    my %number  = %{ $icmp_types{$kind} };
    my ($known) = $name =~ /^\d+$/ ? grep { $number{$_} == $name } keys %number : grep { $_ eq $name } keys %number;
    pf_error("unknown icmp-type $name") unless defined $known;
    return $known;
}

sub expand {
    my ($rule, $on, $protocols, $from, $from_ports, $to, $to_ports, $types, $users) = @_;
    my @rules;
    for my $interface (@$on ? @$on : '') {
        for my $protocol (@$protocols ? @$protocols : '') {
            for my $type (@$types ? @$types : '') {
                for my $source (@$from) {
                    for my $source_port (@$from_ports) {
                        for my $target (@$to) {
                            for my $target_port (@$to_ports) {
                                for my $user (@$users ? @$users : '') {
                                    pf_error('port only applies to tcp/udp')
                                        if ($source_port ne '' || $target_port ne '') && $protocol !~ /^(tcp|udp)$/;
                                    pf_error('icmp-type requires protocol icmp')
                                        if $type ne '' && $protocol ne $rule->{types_of};
                                    my %families = map { $_ => 1 } grep { $_ } $rule->{family} // 0,
                                        $source->{family}, $target->{family},
                                        $protocol eq 'icmp' ? 4 : $protocol eq 'ipv6-icmp' ? 6 : 0;
                                    next if keys %families > 1;
                                    my ($family) = keys %families;
                                    push @rules, {
                                        %$rule, on => $interface, proto => $protocol, type => $type,
                                        from   => $source->{text}, from_port => $source_port,
                                        to     => $target->{text}, to_port   => $target_port, user => $user,
                                        family => $rule->{family}
                                            // ($source->{family} || $target->{family} || undef),
                                        real_family => $family
                                    };
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    if (!@rules) { pf_error('rule expands to no valid combination') }
    return @rules;
}

1;

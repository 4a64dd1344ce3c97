# When a wg interface speaks: keepalives that ask for a handshake, up, down, and the silence after boot.
use strict;
require '/usr/libexec/lab/wireguard.pl';

# docs/facts.md 1.4: a keepalive set again on a running interface is sent at once: one packet in a session that lives, a handshake
# where there is none. So it is with wireguard-go, where it was off before.
sub start_keepalives {
    my ($name, @keepalives) = @_;
    my $live = wg_live($name) // return 1;
    my (@lines, @early);
    for (@keepalives) {
        my ($key, $seconds) = @$_;
        my $last = ($live->{peers}{ hex_of($key) } // {})->{last_handshake_time_sec} // 0;
        if ($seconds && !$last && too_early()) {
            push @early, [$key, $seconds];
            push @lines, 'public_key=' . hex_of($key), 'persistent_keepalive_interval=0';
            next;
        }
        push @lines, 'public_key=' . hex_of($key), 'persistent_keepalive_interval=0';
        push @lines, "persistent_keepalive_interval=$seconds" if $seconds;
    }
    keep_quiet($name, @early);
    return wg_set($name, @lines);
}

# The peers stay silent until something else made a handshake; from then on their keepalives are kept.
sub keep_quiet {
    my ($name, @early) = @_;
    return unless @early;
    return if fork;
    exit   if fork;
    leave();
    $0 = 'wireguard-go';
    for (my $turns = 0; @early; $turns++) {
        sleep 1;
        my $live = wg_live($name) // exit;
        for my $peer (@early) {
            my $now = $live->{peers}{ hex_of($peer->[0]) };
            $peer->[1] = 0 if !$now && $turns > 3;
            $peer->[1] = 0 if $now  && $now->{persistent_keepalive_interval};
            next unless $now && $now->{last_handshake_time_sec} && $peer->[1];
            wg_set($name, 'public_key=' . hex_of($peer->[0]), "persistent_keepalive_interval=$peer->[1]");
            $peer->[1] = 0;
        }
        @early = grep { $_->[1] } @early;
    }
    exit;
}

# up: binds the port, a free one if none was set, and speaks to every peer that is to be kept alive.
sub bring_up {
    my ($name, $kept) = @_;
    return if is_up(interface($name), $kept);
    if (!$kept->{wg}) { ip_batch(["link set $name up"]); return }
    refused_on('SIOCSIFFLAGS', 98) if $kept->{wgport} && port_taken($kept->{wgport});
    ip_batch(["link set $name up"]);
    my $early = too_early();
    keep_quiet($name, map { [$_->{key}, $_->{pka}] } grep { $_->{pka} } @{ $kept->{peers} }) if $early;
    for my $request (told_meanwhile($name)) {
        wg_set($name, grep { !$early || !/^persistent_keepalive/ } @$request) or refused_on('SIOCSWG', $! + 0);
    }
    $kept->{up} = $kept->{was_up} = 1;
    until_true(sub { $kept->{wgport} ||= (wg_live($name) // {})->{listen_port} });
    save_state($name, $kept);
}

sub bring_down {
    my ($name, $kept) = @_;
    return unless is_up(interface($name), $kept);
    if ($kept->{wg}) { put_to_sleep($name, $kept) }
    else             { ip_batch(["link set $name down"]) }
    $kept->{up} = undef;
    save_state($name, $kept);
}

# Down: peers are kept with what they have counted so far.
sub put_to_sleep {
    my ($name, $kept) = @_;
    my $live = wg_live($name) // return;
    my @lines;
    for my $peer (@{ $kept->{peers} }) {
        my $hex = hex_of($peer->{key});
        my $now = $live->{peers}{$hex} // next;
        push @lines, "public_key=$hex", "preshared_key=$now->{preshared_key}", 'replace_allowed_ips=true',
            map { "allowed_ip=$_" } @{ $now->{allowed_ips} };
        push @lines, "endpoint=$now->{endpoint}" if $now->{endpoint};
        push @lines, 'persistent_keepalive_interval=' . ($peer->{pka} // 0);
        count_up($peer, $now);
        $peer->{endpoint} = $now->{endpoint};
    }
    tell_later($name, 'listen_port=' . ($kept->{wgport} // 0), 'replace_peers=true', @lines);
    wg_set($name, 'replace_peers=true', 'listen_port=0');
}

sub count_up {
    my ($peer, $now) = @_;
    $peer->{tx} += $now->{tx_bytes} // 0;
    $peer->{rx} += $now->{rx_bytes} // 0;
    $peer->{handshake} = $now->{last_handshake_time_sec} || $peer->{handshake};
}

1;

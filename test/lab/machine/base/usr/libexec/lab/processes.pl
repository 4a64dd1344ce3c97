# The host's processes as OpenBSD would list them: the interpreter of a stand-in and wireguard-go, which only the lab
# has, do not show.
use strict;

# Seconds since the epoch at which the host was booted: when its process 1 started.
sub boot_time {
    open my $file, '<', '/proc/1/stat' or return $^T;
    my ($rest) = <$file> =~ /\) (.*)/s;
    return int(stat_of_machine() + (split ' ', $rest)[19] / 100);
}

sub stat_of_machine {
    local $_;
    open my $file, '<', '/proc/stat' or return 0;
    while (<$file>) { return $1 if /^btime (\d+)/ }
    return 0;
}

# argv as the caller meant it: `/.lab/usr/bin/perl /sbin/route get` is `/sbin/route get` (a name typed without its
# path was found there by the kernel's #! line, and shows as it was typed).
sub shown_arguments {
    my (@words) = @_;
    my $program = qr{^/(?:s?bin|usr/s?bin|usr/libexec)/[^/]+$};
    if (@words > 1 && $words[0] =~ m{^(?:/\.lab/usr/bin/(?:perl|mksh)|/bin/sh)$}) {
        my $at = 1;
        $at++ while $at < @words && $words[$at] =~ /^-[IW]/;
        @words = @words[$at .. $#words] if $at < @words && $words[$at] =~ $program;
    }
    return @words;
}

# Every process: pid, ppid, pgrp, session, tty, uid, gid, state, name, args (text), start (epoch), ticks, vsz, rss (kB).
sub processes {
    my $machine = stat_of_machine();
    my @found;
    opendir my $folder, '/proc' or return;
    for my $pid (sort { $a <=> $b } grep { /^\d+$/ } readdir $folder) {
        open my $file, '<', "/proc/$pid/stat" or next;
        my $line = <$file>;
        my ($name, $rest) = $line =~ /^\d+ \((.*)\) (.*)$/s or next;
        my @f = split ' ', $rest;
        my (undef, undef, undef, undef, $uid, $gid) = stat $file;
        my @words;
        if (open my $command, '<', "/proc/$pid/cmdline") {
            local $/;
            @words = split /\0/, <$command> // '', -1;
            pop @words while @words && $words[-1] !~ /\S/;
            $words[-1] =~ s/\s+$// if @words;
        }
        my @shown = shown_arguments(@words);
        next if @shown && $shown[0] =~ m{(?:^|/)wireguard-go$} || $name eq 'wireguard-go';
        push @found, {
            pid   => $pid, ppid => $f[1], pgrp => $f[2], session => $f[3], tty => $f[4], uid => $uid, gid => $gid,
            state => $f[0],
            name  => $name, args => @shown ? join ' ', @shown : "($name)", ticks => $f[11] + $f[12],
            start => int($machine + $f[19] / 100),
            vsz   => int($f[20] / 1024), rss => $f[21] * 4, nice => $f[16],
        };
    }
    return @found;
}

1;

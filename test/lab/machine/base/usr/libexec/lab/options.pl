# What every stand-in in perl shares: options as getopt(3) takes them, and errors as err(3) and strerror(3) say them.
#
# OpenBSD's programs start in a millisecond, perl in two. So no stand-in may load what it can do without: glob loads
# File::Glob, %! loads Errno, and each of them takes another one or two.
use strict;

our $me = $0 =~ m{([^/]+)$} ? $1 : $0;

# Linux's words where OpenBSD's differ.
my %openbsd_says = (
    6   => 'Device not configured',
    18  => 'Cross-device link',
    25  => 'Inappropriate ioctl for device',
    95  => 'Operation not supported',
    97  => 'Address family not supported by protocol family',
    99  => "Can't assign requested address",
    106 => 'Socket is already connected',
    107 => 'Socket is not connected',
    110 => 'Operation timed out',
);

# The text of an errno, the current one if none is given.
sub errtext {
    my $errno = @_ ? shift : $! + 0;
    return $openbsd_says{$errno} if $openbsd_says{$errno};
    local $! = $errno;
    return "$!";
}

# True if the last error was one of these, by name.
my %errnos = (ESRCH => 3, EACCES => 13, EEXIST => 17, EADDRINUSE => 98, EINPROGRESS => 115);
sub failed_with { my ($name) = @_; return $! == $errnos{$name} }

# The names in a folder that do not begin with a dot, in order.
sub names_in {
    my ($path) = @_;
    opendir my $folder, $path or return;
    return sort grep { !/^\./ } readdir $folder;
}

# `me: text` on standard error, then exit.
sub quit {
    my ($status, $text) = @_;
    print STDERR "$me: $text\n";
    exit $status;
}

# Takes options off @ARGV by a getopt(3) string. Returns letter => value, or the number of times it was given.
sub options {
    my ($known, $usage, $status) = @_;
    my %given;
    while (@ARGV && $ARGV[0] =~ /^-(.+)/s) {
        my $letters = $1;
        shift @ARGV;
        last if $letters eq '-';
        while ($letters =~ s/^(.)//s) {
            my $letter = $1;
            if ($letter eq ':' || $known !~ /\Q$letter\E(:?)/) {
                print STDERR "$me: unknown option -- $letter\n$usage\n";
                exit($status // 1);
            }
            if (!$1) {
                $given{$letter}++;
                next;
            }
            my $value = length $letters ? $letters : shift @ARGV;
            if (!defined $value) {
                print STDERR "$me: option requires an argument -- $letter\n$usage\n";
                exit($status // 1);
            }
            $given{$letter} = $value;
            $letters = '';
        }
    }
    return %given;
}

# The release that the host plays: `7.6` unless /etc/lab-release says another.
sub release {
    open my $file, '<', '/etc/lab-release' or return '7.6';
    my $line = <$file>;
    return $line =~ /^(\d+\.\d+)/ ? $1 : '7.6';
}

# Names of users and groups by number, as the host's files have them; numbers that have no name stay numbers.
my (%users, %groups);
sub user  { return $users{ $_[0] }  //= getpwuid $_[0] // $_[0] }
sub group { return $groups{ $_[0] } //= getgrgid $_[0] // $_[0] }

# In a child: a session of its own, holding on to nothing of its parent's, as a daemon wants it.
sub leave {
    require POSIX;
    POSIX::setsid();
    open STDIN,  '<', '/dev/null';
    open STDOUT, '>', '/dev/null';
    open STDERR, '>', '/dev/null';
    POSIX::close($_) for 3 .. 63;
}

1;

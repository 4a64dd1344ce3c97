# What a host's disk holds for good, as FFS2 has it without soft updates: names, modes and lengths are there at once,
# data comes later. A record has for each file what was written when it was last synced: INODE LENGTH MD5.
use strict;
use Digest::MD5;

# The kernel's syncer writes what is dirty after 30 s (SYNCER_MAXDELAY of vfs_sync.c); twice that is certain.
my $syncer_seconds = 60;

sub read_record {
    my ($record) = @_;
    open my $file, '<', "$record/synced" or return {};
    return { map { /^(\d+) (.*)/ ? ($1 => $2) : () } <$file> };
}

# `lasting PATH`: what programs here really sync by themselves: smtpd its queue, its deliveries to maildirs.
sub lasting { return $_[0] =~ m{^/var/spool/smtpd/|^/home/.*/(?:cur|new|tmp)/[^/]+$} }

# A file that was only renamed, or whose mode was changed, is copied up by the overlay; its data was on the disk before.
sub sum_of {
    my ($path, $length) = @_;
    open my $file, '<:raw', $path or return '';
    my $sum = Digest::MD5->new;
    while (!defined $length || $length > 0) {
        my $count = read $file, my $bytes, defined $length && $length < 65536 ? $length : 65536;
        last if !$count;
        $sum->add($bytes);
        $length -= $count if defined $length;
    }
    return $sum->hexdigest;
}

# Regular files below a folder, as [PATH, its stat]; PATH without the folder.
sub files_below {
    my ($top) = @_;
    my (@files, @folders) = ();
    push @folders, '';
    while (defined(my $folder = shift @folders)) {
        opendir my $names, "$top$folder/" or next;
        for my $name (readdir $names) {
            next if $name eq '.' || $name eq '..';
            my $path = "$folder/$name";
            my @stat = lstat "$top$path" or next;
            if    (-d _) { push @folders, $path }
            elsif (-f _) { push @files, [$path, @stat] }
        }
    }
    return @files;
}

# Notes that the disk DATA holds all that was written to it so far, or what was written to some of its files. A file that
# has not been touched since the record was made is not read again.
sub record {
    my ($data, $record, @only) = @_;
    open my $lock, '>', "$record/lock" or die "$record/lock: $!\n";
    flock $lock, 2;    # LOCK_EX
    my $since = (stat "$record/synced")[9] // 0;
    my $known = read_record($record);
    my %now   = @only ? %$known : ();
    for my $found (@only ? map { [$_, lstat "$data$_"] } @only : files_below($data)) {
        my ($path, @stat) = @$found;
        next if !@stat;
        my $old = $known->{ $stat[1] };
        $now{ $stat[1] } = $old && $stat[10] < $since - 1 ? $old : "$stat[7] " . sum_of("$data$path");
    }
    open my $file, '>', "$record/new" or die "$record/new: $!\n";
    print $file map { "$_ $now{$_}\n" } sort keys %now;
    close $file;
    rename "$record/new", "$record/synced" or die "$record/synced: $!\n";
}

sub bytes_to_keep {
    my ($path, $synced, $length) = @_;
    my ($then, $sum) = split ' ', $synced // '';
    return 0 if !defined $then || $then > $length;
    return sum_of($path, $then) eq $sum ? $then : 0;
}

# The power goes: what was written since is NUL bytes in the same length. A file that has only grown keeps what it had.
sub lose {
    my ($data, $record, @lower) = @_;
    my $known = read_record($record);
    for my $found (files_below($data)) {
        my ($path, @stat) = @$found;
        next if lasting($path) || $stat[7] == 0 || $stat[10] < time - $syncer_seconds;
        my ($below) = grep { -f } map { "$_$path" } @lower;
        my $synced = $known->{ $stat[1] } // ($below && join ' ', -s $below, sum_of($below));
        my $kept = bytes_to_keep("$data$path", $synced, $stat[7]);
        next if $kept == $stat[7];
        open my $file, '+<:raw', "$data$path" or die "$data$path: $!\n";
        truncate $file, $kept and truncate $file, $stat[7] or die "$data$path: $!\n";
        close $file;
        utime @stat[8, 9], "$data$path";
    }
}

1;

#!/bin/sh
# Net::Sieve::Script (Perl) reads a Sieve script and writes it back without its vacation, its flags and its `:detail`.
#
# One would guess: what the module does not know is kept as it is, or read_rules() says no; it returns 1, "success".
# It is: commands that it does not know are gone, and so is the argument `:detail` of a test: what sorted mail for jay+lists
# then compares the whole address with "lists", and never matches. `require` has only "fileinto" left, so a server refuses
# the envelope test, which stays. The lines of `text:` are joined to one, which is not valid (RFC 5228, 2.4.2).
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 perl libnet-sieve-script-perl=0.09-2 <<'RUN'
export LC_ALL=C
cat >/tmp/sieve <<'SIEVE'
require ["fileinto", "reject", "envelope", "subaddress", "imap4flags", "vacation"];
if envelope :detail :is "to" "lists" {
  addflag "\\Seen";
  fileinto "lists";
}
vacation :days 3 "I am away.";
SIEVE
cat >/tmp/text <<'SIEVE'
require "reject";
if header :contains "subject" "offer" {
  reject text:
No offers, please.
Jay
.
  ;
}
SIEVE
cat >/tmp/read.pl <<'PERL'
use Net::Sieve::Script;
print STDERR "Net::Sieve::Script $Net::Sieve::Script::VERSION\n";
for my $file (@ARGV) {
  open my $in, '<', $file;
  my $script = Net::Sieve::Script->new;
  print 'read_rules: ', $script->read_rules(join '', <$in>), "\n", $script->write_script;
}
PERL
perl /tmp/read.pl /tmp/sieve /tmp/text 2>/tmp/said
grep '^Net' /tmp/said >&2
RUN
)
echo "$seen"
[ "$seen" = 'read_rules: 1
require "fileinto";
if envelope :is "to" "lists"
    {
    fileinto "lists";
    } 
read_rules: 1
require "reject";
if header :contains "subject" "offer"
    {
    reject text: No offers, please. Jay . ;
    } ' ] || { echo 'changed' >&2; exit 1; }

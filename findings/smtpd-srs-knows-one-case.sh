#!/bin/sh
# OpenSMTPD refuses a bounce to its own SRS address if the domain has another case: SRS0=...@Example.com for @example.com.
#
# One would guess: domains have no case (RFC 5321, 2.4), so the bounce gets back to its sender; and since the scheme was made with
# servers in mind that write local parts in lower case, such a bounce too, as with Mail::SRS, its first implementation, and postsrsd.
# It is: OpenSMTPD's hash covers the domain as it was written, and takes it from the recipient: who writes to fwd@Example.com
# makes an SRS address at Example.com, and the next server that puts domains in lower case can't return it any more. It is refused for
# good, "524 Mailing list expansion problem"; the sender never hears that the message has not arrived. Two npm packages,
# sender-rewriting-scheme and srs.js, return null for an address all in lower case.
# Needs root, for a folder tree of its own.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts sender-rewriting-scheme@1.0.0 srs.js@0.1.0 >/dev/null
cat >run.cjs <<'JS'
const { SRS: Scheme } = require('sender-rewriting-scheme');
const Srs = require('srs.js');
const scheme = new Scheme({ secret: 'secret' });
const srs = new Srs({ secret: 'secret' });
const address = scheme.forward('jay@example.net', 'example.com');
const local = srs.rewrite('jay', 'example.net');
const shown = found => [found].flat().join('@') || null;
const domain = address.replace('example.com', 'Example.com');
const lower = address.toLowerCase();
console.log(`sender-rewriting-scheme: ${shown(scheme.reverse(address))}, @Example.com ${shown(scheme.reverse(domain))}, all in lower case ${shown(scheme.reverse(lower))}`);
console.log(`srs.js: ${shown(srs.reverse(local))}, all in lower case ${shown(srs.reverse(local.toLowerCase()))}`);
JS
for name in sender-rewriting-scheme srs.js; do echo "$name $(node -p "JSON.parse(require('fs').readFileSync('node_modules/$name/package.json')).version")"; done
seen=$(node run.cjs
"$here"/in-debian-13 opensmtpd=7.6.0p1-1 libmail-srs-perl=0.31-9 postsrsd=1.10-2.2 netcat-openbsd=1.229-1 \
  perl ca-certificates <<'RUN'
export LC_ALL=C
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
lower() { tr '[:upper:]' '[:lower:]'; }
perl -MMail::SRS -e '
  print STDERR "Mail::SRS $Mail::SRS::VERSION\n";
  my $srs = Mail::SRS->new(Secret => "secret", MaxAge => 30);
  my $address = $srs->forward("jay\@example.net", "example.com");
  my $domain = $address =~ s/example.com/Example.com/r;
  print "Mail::SRS: ", $srs->reverse($address), ", \@Example.com ", $srs->reverse($domain), ", all in lower case ", $srs->reverse(lc $address), "\n"' 2>/tmp/perl
grep '^Mail::SRS' /tmp/perl >&2
echo secret >/tmp/secret
postsrsd -d example.com -s /tmp/secret -e -l 127.0.0.1 -f 10001 -r 10002 >/dev/null 2>&1 &
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 10002 2>/dev/null && break; sleep 0.2; done
ask() { printf 'get %s\n' "$2" | nc.openbsd -N 127.0.0.1 "$1" | cut -d' ' -f2; }
address=$(ask 10001 jay@example.net)
domain() { sed 's/example.com/Example.com/'; }
echo "postsrsd: $(ask 10002 "$address"), @Example.com $(ask 10002 "$(echo "$address" | domain)"), all in lower case $(ask 10002 "$(echo "$address" | lower)")"
mkdir -p -m 711 /var/spool/smtpd
chmod 1777 /tmp
cat /usr/share/ca-certificates/mozilla/*.crt >/etc/ssl/certs/ca-certificates.crt
cat >/etc/smtpd.conf <<'CONF'
srs key "secretsecret"
listen on lo
listen on lo port 2525 tag THERE
table forwards { "fwd@example.com" = "bob@example.org" }
table all { "@" = jay }
action "there" mda "echo $SENDER $RECIPIENT >>/tmp/there" virtual <all>
action "forward" expand-only virtual <forwards>
action "send" relay host smtp://127.0.0.1:2525 srs
match tag THERE from any for any action "there"
match from any for domain example.com action "forward"
match from any for any action "send"
CONF
smtpd -d 2>/tmp/log &
for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
send() {
  for line in 'EHLO me' "MAIL FROM:<$1>" "RCPT TO:<$2>" DATA 'Subject: x' '' text . QUIT; do printf '%s\r\n' "$line"; sleep 0.3; done |
    nc.openbsd -N 127.0.0.1 25 >/tmp/said
}
arrived() { for try in $(seq 50); do [ "$(grep -c . /tmp/there)" -ge "$1" ] && break; sleep 0.2; done 2>/dev/null; tail -n 1 /tmp/there; }
send jay@example.net fwd@example.com
address=$(arrived 1 | cut -d' ' -f1)
send '' "$address"
found=$(arrived 2)
for how in domain lower; do
  send '' "$(echo "$address" | $how)"
  grep -m 1 '^5' /tmp/said | sed 's/:.*//' >/tmp/$how
done
send jay@example.net fwd@Example.com
written=$(arrived 3 | cut -d' ' -f1)
echo "OpenSMTPD: of fwd@Example.com it makes ${written#*=jay}"
echo "OpenSMTPD: $found, @Example.com $(cat /tmp/domain), all in lower case $(cat /tmp/lower)"
RUN
)
echo "$seen"
[ "$seen" = 'sender-rewriting-scheme: jay@example.net, @Example.com jay@example.net, all in lower case null
srs.js: jay@example.net, all in lower case null
Mail::SRS: jay@example.net, @Example.com jay@example.net, all in lower case jay@example.net
postsrsd: jay@example.net, @Example.com jay@example.net, all in lower case jay@example.net
OpenSMTPD: of fwd@Example.com it makes @Example.com
OpenSMTPD: jay@example.net, @Example.com 524 5.2.4 Mailing list expansion problem, all in lower case 524 5.2.4 Mailing list expansion problem' ] || { echo 'changed' >&2; exit 1; }

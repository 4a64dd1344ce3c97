#!/bin/sh
# msmtp, mpop and fetchmail send `its` for the password `it's` of a .netrc; Python and Perl read `ab` for `a\b`.
#
# One would guess: the mail programs of one user share ~/.netrc, as their manuals offer, and send the password that stands there;
# where quotes and backslashes have a meaning, it is the same for all of them.
# It is: in a plain word msmtp, mpop and fetchmail drop each quote and keep each backslash; Python's netrc and Perl's Net::Netrc
# keep a quote and drop a backslash; curl keeps both. A quote escaped within quotes, `"a\"b c"`, is understood by curl and Python
# alone: three passwords for six programs. Only fetchmail has a word about that one; else the server's "authentication failed"
# is all one sees. `"it's"` in double quotes is the same for all.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 msmtp=1.8.28-3 mpop=1.4.21-1 fetchmail=6.4.39-1 curl=8.14.1-2+deb13u7 python3=3.13.5-1 \
  perl=5.40.1-6+deb13u1 <<'RUN'
export LC_ALL=C HOME=/root
cd /tmp
echo "$(msmtp --version | head -n 1), $(mpop --version | head -n 1), fetchmail 6.4.39" >&2
echo "$(curl --version | cut -d ' ' -f 1,2 | head -n 1), $(python3 --version), perl $(perl -e 'print $^V')" >&2
cat >server.py <<'PYTHON'
import base64, socketserver, threading
class Mail(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b'\r\n')
    def handle(self):
        smtp = self.server.server_address[1] == 25
        self.say('220 mail' if smtp else '+OK')
        for line in self.rfile:
            word, _, rest = line.decode().strip().partition(' ')
            if word == 'AUTH':
                open('heard', 'w').write(base64.b64decode(rest.split()[1]).decode().split('\0')[2])
            if word == 'PASS':
                open('heard', 'w').write(rest)
            if word == 'QUIT' or word in ('AUTH', 'PASS'):
                return self.say('535 no' if smtp else '-ERR no')
            if smtp:
                self.say('250-mail\r\n250 AUTH PLAIN')
            else:
                self.say('+OK\r\nUSER\r\n.' if word == 'CAPA' else '+OK')
servers = [socketserver.TCPServer(('127.0.0.1', port), Mail) for port in (25, 110)]
open('listens', 'w')
threads = [threading.Thread(target=server.serve_forever) for server in servers]
[thread.start() for thread in threads]
PYTHON
python3 server.py &
for try in $(seq 100); do [ -e listens ] && break; sleep 0.1; done
heard() {
  name=$1
  shift
  "$@" </dev/null >/dev/null 2>&1 || :
  printf ' %s: %s;' "$name" "$(cat heard)"
  rm -f heard
}
read_with_python() { python3 -c "import netrc; open('heard', 'w').write(netrc.netrc().authenticators('localhost')[2])"; }
read_with_perl() { perl -MNet::Netrc -e 'open F, ">", "heard"; print F Net::Netrc->lookup("localhost")->password'; }
show() {
  printf '%s\n' "machine localhost login jay password $1" >"$HOME/.netrc"
  chmod 600 "$HOME/.netrc"
  printf '%s' "$1 -"
  heard msmtp msmtp -C /dev/null --host=localhost --port=25 --auth=plain --tls=off --user=jay --from=jay@example.com bob@example.net
  heard mpop mpop -C mpoprc
  heard fetchmail fetchmail -f fetchmailrc --pidfile /tmp/pid
  heard curl curl -n -s pop3://localhost/
  heard Python read_with_python
  heard Perl read_with_perl
  echo
}
printf '%s\n' 'account default' 'host localhost' 'port 110' 'tls off' 'auth user' 'user jay' 'delivery mbox /tmp/box' >mpoprc
echo 'poll localhost proto pop3 port 110 auth password user jay sslproto "" keep mda "cat"' >fetchmailrc
chmod 600 mpoprc fetchmailrc
for password in '"a b"' "\"it's\"" "it's" 'a\b' '"a\"b c"'; do show "$password"; done
kill $!
RUN
)
printf '%s\n' "$seen"
[ "$seen" = '"a b" - msmtp: a b; mpop: a b; fetchmail: a b; curl: a b; Python: a b; Perl: a b;
"it'\''s" - msmtp: it'\''s; mpop: it'\''s; fetchmail: it'\''s; curl: it'\''s; Python: it'\''s; Perl: it'\''s;
it'\''s - msmtp: its; mpop: its; fetchmail: its; curl: it'\''s; Python: it'\''s; Perl: it'\''s;
a\b - msmtp: a\b; mpop: a\b; fetchmail: a\b; curl: a\b; Python: ab; Perl: ab;
"a\"b c" - msmtp: a\b; mpop: a\b; fetchmail: a\b; curl: a"b c; Python: a"b c; Perl: a\;' ] || { echo 'changed' >&2; exit 1; }

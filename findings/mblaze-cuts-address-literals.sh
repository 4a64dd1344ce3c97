#!/bin/sh
# maddr of mblaze prints `1]` for the address in `Jay <jay@[IPv6:2001:db8::1]>`.
#
# One would guess: a tool that gets quoted names, groups, comments and source routes right also takes an address with a
# domain literal (RFC 5322, 3.4.1), as mail to and from hosts without a name has it, or leaves it out.
# It is: within angle brackets what stands behind the last colon is the address, as behind a source route. The same
# address without a name, or with IPv4, is fine.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 mblaze=1.1-1 <<'RUN'
for address in '"Ex, Jay" <jay@example.com>' 'friends: jay@example.com, alice@example.com;' '<@mx1.example.com:jay@example.com>' \
  'Jay <jay@[192.0.2.25]>' 'Jay <jay@[IPv6:2001:db8::1]>' 'jay@[IPv6:2001:db8::1]'
do
  printf 'To: %s\nSubject: x\n\nhello\n' "$address" >message
  echo "$address: $(maddr -a -h to ./message 2>/dev/null | tr '\n' ' ')"
done
RUN
)
echo "mblaze 1.1"
echo "$seen"
[ "$seen" = '"Ex, Jay" <jay@example.com>: jay@example.com 
friends: jay@example.com, alice@example.com;: jay@example.com alice@example.com 
<@mx1.example.com:jay@example.com>: jay@example.com 
Jay <jay@[192.0.2.25]>: jay@[192.0.2.25] 
Jay <jay@[IPv6:2001:db8::1]>: 1] 
jay@[IPv6:2001:db8::1]: jay@[IPv6:2001:db8::1] ' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# postfwd accepts `client_address=2001:db8::/32` and finds no address in it; `2001:db8:0::7` is another address than 2001:db8::7.
#
# One would guess: postfwd, a policy server for Postfix, which has IPv6 since 2.2, takes a network of IPv6 for client_address ("mask =
# CIDR") or refuses the rule.
# It is: what is not a network of IPv4 is compared as a text with the address of the client. So the rule never matches, without
# a word, and a single address matches if it is written as Postfix writes it, in capitals or not.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 postfwd=1.35-10 <<'RUN'
cd /tmp
for rule in 192.0.2.0/24 2001:db8::/32 2001:db8::7 2001:db8:0::7 2001:DB8::7; do
  echo "id=A; client_address=$rule; action=REJECT" >rules
  for address in 192.0.2.7 2001:db8::7; do
    answer=$(printf '%s\n' request=smtpd_access_policy protocol_state=RCPT client_address=$address client_name=unknown sender=bob@example.net \
      recipient=jay@example.com '' | postfwd1 -f rules 2>/dev/null | sed -n 's/action=//p')
    echo "client_address=$rule, from $address: $answer"
  done
done
RUN
)
echo 'postfwd 1.35'
echo "$seen"
[ "$seen" = 'client_address=192.0.2.0/24, from 192.0.2.7: REJECT
client_address=192.0.2.0/24, from 2001:db8::7: DUNNO
client_address=2001:db8::/32, from 192.0.2.7: DUNNO
client_address=2001:db8::/32, from 2001:db8::7: DUNNO
client_address=2001:db8::7, from 192.0.2.7: DUNNO
client_address=2001:db8::7, from 2001:db8::7: REJECT
client_address=2001:db8:0::7, from 192.0.2.7: DUNNO
client_address=2001:db8:0::7, from 2001:db8::7: DUNNO
client_address=2001:DB8::7, from 192.0.2.7: DUNNO
client_address=2001:DB8::7, from 2001:db8::7: REJECT' ] || { echo 'changed' >&2; exit 1; }

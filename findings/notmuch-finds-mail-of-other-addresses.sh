#!/bin/sh
# notmuch finds mail to jay@lists.example.com, a host of its own, when it is asked for `to:jay+lists@example.com`.
#
# One would guess: an address in a search finds the mail to this address, with or without quotes, as in mu, or to all that
# contain it; so `notmuch tag +lists to:jay+lists@example.com` sorts what was sent to that one address.
# It is: the address is taken apart at each sign into words, and their sequence is searched in the whole field. `+`, `.`
# and `@` make no difference, what comes before and after does not either, and the name counts as well: a message to
# `"jay example com" <alice@internet.example>` is found for jay@example.com. Quotes change nothing.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 notmuch=0.39-1 maildir-utils=1.12.9-1 <<'RUN'
export HOME=/root XDG_CACHE_HOME=/root/cache LC_ALL=C
{ notmuch --version; mu --version | head -n 1; } >&2
mkdir -p /root/mail/cur /root/mail/new /root/mail/tmp
number=0
while read -r to; do
  number=$((number + 1))
  printf '%s\n' "Message-ID: <$number@internet.example>" 'Date: Sat, 28 Nov 2026 08:00:00 +0000' 'From: bob@internet.example' \
    "To: $to" "Subject: to $to" '' text >"/root/mail/cur/$number.1.mimando:2,S"
done <<'TO'
jay@example.com
jay+lists@example.com
jay.lists@example.com
jay@lists.example.com
alice.jay@example.com
jay@example.com.internet.example
"jay example com" <alice@internet.example>
TO
printf '%s\n' '[database]' path=/root/mail '[user]' name=jay primary_email=jay@example.com >/root/.notmuch-config
notmuch new --quiet
mu init --quiet --maildir /root/mail >/dev/null
mu index --quiet
for query in to:jay@example.com 'to:"jay@example.com"' to:jay+lists@example.com; do
  echo "notmuch $query"
  notmuch search --format=json --output=summary "$query" | grep -o '"subject": "[^,]*"' | sed 's/"subject": "\(.*\)"/  \1/' | sort
  echo "mu $query"
  mu find --fields s "$query" | sed 's/^/  /' | sort
done
RUN
)
echo "$seen"
[ "$seen" = 'notmuch to:jay@example.com
  to \"jay example com\" <alice@internet.example>
  to alice.jay@example.com
  to jay@example.com
  to jay@example.com.internet.example
mu to:jay@example.com
  to jay@example.com
notmuch to:"jay@example.com"
  to \"jay example com\" <alice@internet.example>
  to alice.jay@example.com
  to jay@example.com
  to jay@example.com.internet.example
mu to:"jay@example.com"
  to jay@example.com
notmuch to:jay+lists@example.com
  to jay+lists@example.com
  to jay.lists@example.com
  to jay@lists.example.com
mu to:jay+lists@example.com
  to jay+lists@example.com' ] || { echo 'changed' >&2; exit 1; }

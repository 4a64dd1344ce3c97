#!/bin/sh
# vacation of jay answers mail to blue-jay@example.com, and senders that jay has excluded in another case.
#
# One would guess: vacation answers if the login or an alias of `-a` "is part of either the To: or Cc: headers", as an address; so
# who writes to somebody else, with jay in Bcc or on a list, gets no answer. `vacation -x` excludes an address or a domain,
# and the case of a domain has no meaning (RFC 5321, 2.3.11).
# It is: any text that ends in the login is it, whatever comes before it: blue-jay@, `"Jay" <fay@example.com>` and a comment, while
# jay-list@ is not. So who writes to blue-jay, with jay in Bcc, hears that jay is away. An address or domain of `-x` is
# compared letter by letter: `@lists.example.net` does not hold for Lists.example.net, from which the list gets an answer.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 vacation=3.3.3+b1 <<'RUN'
printf '#!/bin/sh\ncat >/dev/null\necho "$*" >/tmp/sent\n' >/usr/sbin/sendmail
chmod 755 /usr/sbin/sendmail
ln -sf /usr/sbin/sendmail /usr/lib/sendmail
printf 'Subject: away\n\nI am away.\n' >/root/.vacation.msg
export HOME=/root
vacation -i -r 0
printf '%s\n' @lists.example.net alice@example.org | vacation -x
try() {
  rm -f /tmp/sent
  printf 'From %s Wed Nov 12 10:00:00 2025\nFrom: %s\nTo: %s\nSubject: hello\n\nhello\n' "$1" "$1" "$2" | vacation -a jay root
  for wait in $(seq 20); do [ -e /tmp/sent ] && break; sleep 0.1; done
  echo "$1 to $2: $(sed 's/.* /answer to /' /tmp/sent 2>/dev/null || echo 'no answer')"
}
for to in jay@example.com fay@example.com blue-jay@example.com jay-list@example.com 'Jay <fay@example.com>' 'fay@example.com (for jay)'; do
  try bob@example.net "$to"
done
for from in dev@lists.example.net dev@Lists.example.net alice@example.org alice@Example.org; do try $from jay@example.com; done
RUN
)
echo 'vacation 3.3.3'
echo "$seen"
[ "$seen" = 'bob@example.net to jay@example.com: answer to bob@example.net
bob@example.net to fay@example.com: no answer
bob@example.net to blue-jay@example.com: answer to bob@example.net
bob@example.net to jay-list@example.com: no answer
bob@example.net to Jay <fay@example.com>: answer to bob@example.net
bob@example.net to fay@example.com (for jay): answer to bob@example.net
dev@lists.example.net to jay@example.com: no answer
dev@Lists.example.net to jay@example.com: answer to dev@Lists.example.net
alice@example.org to jay@example.com: no answer
alice@Example.org to jay@example.com: answer to alice@Example.org' ] || { echo 'changed' >&2; exit 1; }

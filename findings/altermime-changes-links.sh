#!/bin/sh
# altermime adds a footer whose link has `id=42`, and in the mail the link ends in `idB`, or in `id=4`, depending on its encoding.
#
# One would guess: a program made to add a footer to mail encodes it as the text that it is added to, and so it does in the
# parts of a multipart message.
# It is: a message that is one text in quoted-printable gets the footer as it is, and readers decode `=42` in it as "B".
# With `--force-into-b64` a text in base64 is cut to a multiple of three bytes: its end is lost, here "2" and the newline. If
# a quoted-printable text ends with a soft line break, the footer goes on in its last line. Exit 0.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 altermime=0.3.10-13 mblaze=1.1-1 <<'RUN'
export LC_ALL=C.UTF-8
cd /tmp
echo "altermime 0.3.10" >&2
echo 'To leave: https://example.com/?id=42' >footer
message() {
  printf '%s\n' 'From: jay@example.com' 'Subject: hello' 'MIME-Version: 1.0'
  [ "$1" = alone ] || printf '%s\n' 'Content-Type: multipart/mixed; boundary=b' '' --b
  printf '%s\n' 'Content-Type: text/plain; charset=utf-8' "Content-Transfer-Encoding: $2" '' "$3"
  [ "$1" = alone ] || echo --b--
}
add() {
  message "$@" >message
  altermime --input=message --disclaimer=footer --force-into-b64 && code=0 || code=$?
  echo "$1, $2 (exit $code):" $(mshow -h subject -N ./message | sed 1,2d)
}
add alone 8bit 'See you.'
add part quoted-printable 'See =3D you.'
add alone quoted-printable 'See =3D you.'
add alone quoted-printable 'See you.='
add alone base64 "$(echo 'See you.' | base64)"
add part base64 "$(echo 'See you.' | base64)"
RUN
)
echo "$seen"
[ "$seen" = 'alone, 8bit (exit 0): See you. To leave: https://example.com/?id=42
part, quoted-printable (exit 0): See = you. To leave: https://example.com/?id=42
alone, quoted-printable (exit 0): See = you. To leave: https://example.com/?idB
alone, quoted-printable (exit 0): See you.To leave: https://example.com/?idB
alone, base64 (exit 0): See you. To leave: https://example.com/?id=4
part, base64 (exit 0): See you. To leave: https://example.com/?id=4' ] || { echo 'changed' >&2; exit 1; }

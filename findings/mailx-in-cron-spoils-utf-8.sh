#!/bin/sh
# bsd-mailx calls UTF-8 text ASCII in the locale that cron(8) has, and s-nail does not send it there.
#
# One would guess: a mail program that writes MIME fields by itself and finds bytes that are not ASCII names a charset that
# has them, UTF-8 or unknown-8bit (RFC 1428), in every locale; a report that cron mails must not depend on it.
# It is: without a locale bsd-mailx writes `charset="ANSI_X3.4-1968"`, the name of ASCII in libc, and a reader that believes it
# shows other letters. It puts the subject into the header as it is, in every locale, against RFC 5322 (2.2). s-nail finds no
# charset, puts the message into ~/dead.letter and exits with 4. Both send ASCII.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 bsd-mailx=8.1.2-0.20220412cvs-1.1 s-nail=14.9.25-1 libc-bin <<'RUN'
s-nail --version 2>&1 | head -n 1 >&2
cat >/usr/sbin/sendmail <<'SENDMAIL'
#!/bin/sh
sed -n '/^$/q; /^[SC][^:]*:/p' | grep -i '^subject\|^content-' | sort
SENDMAIL
chmod 755 /usr/sbin/sendmail
export HOME=/root USER=root LOGNAME=root
for name in bsd-mailx s-nail; do
  for locale in C C.UTF-8; do
    echo "$name, LC_ALL=$locale:"
    env -i HOME=/root USER=root PATH="$PATH" LC_ALL=$locale sh -c 'echo Grüße | '"$name"' -s Grüße jay@example.com; echo "exit $?"' 2>/dev/null
  done
done
RUN
)
echo "$seen"
[ "$seen" = 'bsd-mailx, LC_ALL=C:
Content-Transfer-Encoding: 8bit
Content-Type: text/plain; charset="ANSI_X3.4-1968"
Subject: Grüße
exit 0
bsd-mailx, LC_ALL=C.UTF-8:
Content-Transfer-Encoding: 8bit
Content-Type: text/plain; charset="UTF-8"
Subject: Grüße
exit 0
s-nail, LC_ALL=C:
/root/dead.letter 3/44
exit 4
s-nail, LC_ALL=C.UTF-8:
Content-Transfer-Encoding: quoted-printable
Content-Type: text/plain; charset=utf-8
Subject: =?utf-8?B?R3LDvMOfZQ==?=
exit 0' ] || { echo 'changed' >&2; exit 1; }

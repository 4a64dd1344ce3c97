#!/bin/sh
# Pigeonhole (Dovecot) does not forward a message whose Message-ID it forwarded in the last 12 hours, but leaves it in the inbox.
#
# One would guess: an account whose Sieve script is `redirect "bob@example.net";` passes on all its mail and keeps none of it: a
# redirect takes the place of the implicit keep (RFC 5228, 2.10.2), which is for scripts that do nothing with a message.
# It is: a second message with the same Message-ID, also one with another sender, date and text, is a "duplicate forward" and
# skipped. No action is left then, so it goes to the inbox that nobody reads. Bob, who asked a sender to send a message once
# more, waits for it in vain if it is sent from a file, and gets one of the reports of a program that always writes the same
# Message-ID. After `redirect ...; discard;`, which is the same by RFC 5228, such a message is nowhere. Exit 0, one line in the
# log. With another List-Id or a Resent-Message-ID it is forwarded.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 dovecot-sieve=1:2.4.1+dfsg1-6+deb13u7 <<'RUN'
export LC_ALL=C HOME=/home/jay
echo "dovecot $(dovecot --version)" >&2
printf '%s\n' dovecot:x:105:105::/nonexistent:/bin/sh dovenull:x:106:106::/nonexistent:/bin/sh >>/etc/passwd
printf '%s\n' dovecot:x:105: dovenull:x:106: >>/etc/group
chown -R jay /home/jay
cd /tmp
printf '#!/bin/sh\nsed -n "s/^Subject: //p" >>/tmp/forwarded\n' >sendmail
chmod +x sendmail
mkdir -p /etc/dovecot
cat >/etc/dovecot/dovecot.conf <<'CONF'
dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
mail_driver = maildir
mail_home = /home/jay
mail_path = ~/Maildir
mail_uid = 1000
mail_gid = 1000
sendmail_path = /tmp/sendmail
postmaster_address = postmaster@example.com
log_path = /tmp/log
protocol lda {
  mail_plugins {
    sieve = yes
  }
}
sieve_script personal {
  path = ~/.dovecot.sieve
}
CONF
# With the subject, the Message-ID and further fields.
deliver() {
  subject=$1 id=$2
  shift 2
  printf '%s\n' "Subject: $subject" "Message-ID: <$id@internet.example>" 'To: jay@example.com' "$@" '' "$subject" |
    chroot --userspec=1000:1000 / /usr/lib/dovecot/dovecot-lda -f eve@internet.example -a jay@example.com && code=0 || code=$?
  [ $code = 0 ] || echo "exit $code"
}
try() {
  rm -rf /home/jay/Maildir /home/jay/.dovecot* forwarded log
  for file in forwarded log; do : >$file; chmod 666 $file; done
  echo "$1" >/home/jay/.dovecot.sieve
  deliver offer 1 'From: eve@internet.example'
  deliver 'offer, again' 1 'From: eve@internet.example'
  deliver 'other text' 1 'From: bob@internet.example' 'Date: Sat, 28 Nov 2026 20:00:00 +0000'
  deliver 'by a list' 1 'From: eve@internet.example' 'List-Id: <misc.lists.example>'
  deliver resent 1 'From: eve@internet.example' 'Resent-From: bob@internet.example' 'Resent-Message-ID: <3@internet.example>'
  deliver 'other ID' 2 'From: eve@internet.example'
  echo "$1"
  echo "  forwarded: $(tr '\n' ';' <forwarded)"
  echo "  in the inbox: $(find /home/jay/Maildir/new -type f -exec sed -n 's/^Subject: //p' {} + 2>/dev/null | sort | tr '\n' ';')"
  sed -n 's/.*redirect action: \(discarded.*\)/  log: \1/p' log
}
doveconf sieve_redirect_duplicate_period
try 'redirect "bob@example.net";'
try 'redirect "bob@example.net"; discard;'
RUN
)
echo "$seen"
[ "$seen" = 'sieve_redirect_duplicate_period = 43200
redirect "bob@example.net";
  forwarded: offer;by a list;resent;other ID;
  in the inbox: offer, again;other text;
  log: discarded duplicate forward to <bob@example.net>
  log: discarded duplicate forward to <bob@example.net>
redirect "bob@example.net"; discard;
  forwarded: offer;by a list;resent;other ID;
  in the inbox: 
  log: discarded duplicate forward to <bob@example.net>
  log: discarded duplicate forward to <bob@example.net>' ] || { echo 'changed' >&2; exit 1; }

#!/bin/sh
# Puppet, told to add an alias, puts a blank after `:include:` in another line, and OpenSMTPD then defers mail for that list.
#
# One would guess: a resource `mailalias` changes its own line of aliases(5); lines that no resource names stay as they are.
# It is: Puppet reads and writes the whole file in its own form, `list: :include: /etc/mail/list`. OpenSMTPD takes the blank as
# part of the file's name and answers "424 Mailing list expansion problem", a temporary failure: senders keep trying for
# days. Neither Puppet nor `smtpd -n` reports anything.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 puppet-agent=8.10.0-5+deb13u1 puppet-module-puppetlabs-mailalias-core=1.0.6-3 \
  libc-bin <<'RUN'
export LC_ALL=C.UTF-8 HOME=/root PATH=/usr/sbin:/usr/bin
{ smtpd -h 2>&1 | sed -n 's/^version: //p'; echo "puppet $(puppet --version)"; } >&2
mkdir -p -m 711 /var/spool/smtpd
mkdir -p /etc/mail /modules
ln -s /usr/share/puppet/modules.available/puppetlabs-mailalias-core /modules/mailalias_core
echo jay >/etc/mail/list
printf '%s\n' 'root: jay' 'list: :include:/etc/mail/list' >/etc/aliases
cat >/etc/smtpd.conf <<'CONF'
listen on socket
table aliases file:/etc/aliases
action "inbox" maildir alias <aliases>
match from any for any action "inbox"
CONF
echo "mailalias { 'hostmaster': recipient => ['jay'], target => '/etc/aliases' }" >/tmp/site.pp
send() {
  smtpd -d 2>/tmp/log &
  for try in $(seq 50); do smtpctl show status >/dev/null 2>&1 && break; sleep 0.2; done
  echo text | sendmail -f bob@example.net list@example.com 2>/tmp/said && echo "$1: accepted" || echo "$1: $(sed -n 's/.*failed: //p' /tmp/said)"
  kill $!
  wait $! || :
}
send before
puppet apply --color=false --modulepath /modules /tmp/site.pp 2>/dev/null | grep Mailalias
grep -v '^#' /etc/aliases
smtpd -n 2>&1
send after
RUN
)
echo "$seen"
[ "$seen" = 'before: accepted
Notice: /Stage[main]/Main/Mailalias[hostmaster]/ensure: created
root: jay
list: :include: /etc/mail/list
hostmaster: jay
configuration OK
after: 424 4.2.4 Mailing list expansion problem: <list@example.com>' ] || { echo 'changed' >&2; exit 1; }

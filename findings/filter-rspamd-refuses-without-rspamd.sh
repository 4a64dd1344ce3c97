#!/bin/sh
# filter-rspamd for OpenSMTPD answers every mail with 421 while rspamd does not run; filter-senderscore lets mail pass.
#
# One would guess: filters that only judge mail let it pass, or say so at the greeting, while what they ask does not answer.
# It is: two answers from one house. Without rspamd the client gets as far as the end of its text and then "421 server
# internal error", so all mail waits at its senders; the reason is in the mail log alone, under the filter's name. Without
# DNS filter-senderscore takes the mail without a word.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 opensmtpd=7.6.0p1-1 netcat-openbsd=1.229-1 opensmtpd-filter-rspamd=0.1.8-1+b10 opensmtpd-filter-senderscore=0.1.1-2+b19 <<'RUN'
smtpd -h 2>&1 | sed -n 's/^version: //p' >&2
mkdir -p -m 711 /var/spool/smtpd
for filter in 'filter-rspamd' 'filter-senderscore -blockBelow 50 -blockPhase connect'; do
  printf '%s\n' "filter \"judge\" proc-exec \"$filter\" user opensmtpd group nogroup" 'listen on lo filter "judge"' \
    'action "inbox" maildir' 'match from any for domain example.com action "inbox"' >/etc/smtpd.conf
  smtpd -d >/tmp/log 2>&1 &
  for try in $(seq 50); do nc.openbsd -z 127.0.0.1 25 2>/dev/null && break; sleep 0.2; done
  for line in 'EHLO me' 'MAIL FROM:<bob@internet.example>' 'RCPT TO:<jay@example.com>' DATA 'Subject: hello' '' text . QUIT
  do printf '%s\r\n' "$line"; sleep 0.5; done | nc.openbsd -N 127.0.0.1 25 | tr -d '\r' >/tmp/said
  echo "$filter: $(sed -n '/^354 /{n;s/ [0-9a-f]* Message/ Message/;p;}' /tmp/said); $(sed -n 's/^judge: failed.*: //p' /tmp/log)"
  kill $!
  wait
done
RUN
)
echo "$seen"
[ "$seen" = "filter-rspamd: 421 server internal error; connection refused'
filter-senderscore -blockBelow 50 -blockPhase connect: 250 2.0.0 Message accepted for delivery; " ] || { echo 'changed' >&2; exit 1; }

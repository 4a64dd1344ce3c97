#!/bin/sh
# dmarc-cat prints the counts and results of a DMARC report beside addresses of other senders.
#
# One would guess: a line shows the address, the count and the results of one record of the report (RFC 7489, appendix C).
# It is: unless -N is given, the addresses are looked up in DNS by as many jobs as there are processors, and come back in the
# order in which the lookups end, while all else stays where it was. One name that is resolved slowly moves all addresses
# by a line: the own server then has the rejected mail of a stranger. Besides, with -N as well, of two DKIM signatures of a
# record the last one counts, and what DMARC made of it (policy_evaluated: aligned or not, rejected or not) is not shown:
# mail of a stranger that was rejected is "pass", and an own one that was accepted "fail".
set -eu
seen=$("$(dirname "$0")"/in-debian-13 dmarc-cat=0.15.0-1+b18 netcat-openbsd=1.229-1 <<'RUN'
export LC_ALL=C
cd /tmp
dmarc-cat -version 2>&1 | grep -o 'dmarc-cat.*' >&2
record() {
  printf '<record><row><source_ip>%s</source_ip><count>%s</count>' "$1" "$2"
  printf '<policy_evaluated><disposition>%s</disposition><dkim>%s</dkim><spf>%s</spf></policy_evaluated></row>' "$3" "$4" "$5"
  printf '<identifiers><header_from>example.com</header_from></identifiers><auth_results>%s</auth_results></record>\n' "$6"
}
dkim() { printf '<dkim><domain>%s</domain><selector>s1</selector><result>%s</result></dkim>' "$1" "$2"; }
spf() { printf '<spf><domain>%s</domain><scope>mfrom</scope><result>%s</result></spf>' "$1" "$2"; }
{
  echo '<?xml version="1.0"?><feedback><version>1.0</version><report_metadata><org_name>Example</org_name>'
  echo '<email>noreply@example.net</email><report_id>1</report_id>'
  echo '<date_range><begin>1795737600</begin><end>1795823999</end></date_range></report_metadata>'
  echo '<policy_published><domain>example.com</domain><p>reject</p><pct>100</pct></policy_published>'
  record 192.0.2.25 50 none pass pass "$(dkim example.com pass)$(spf example.com pass)"
  record 192.0.2.26 40 none pass fail "$(dkim example.com pass)$(dkim list.example fail)$(spf list.example pass)"
  record 192.0.2.27 30 reject fail fail "$(spf stranger.example fail)"
  record 192.0.2.28 20 reject fail fail "$(dkim stranger.example pass)$(spf stranger.example pass)"
  echo '</feedback>'
} >'example.net!example.com!1795737600!1795823999.xml'
# The name of the first is the slow one: the nameserver gives no answer.
printf '%s\n' '192.0.2.26 list.example' '192.0.2.27 stranger.example' '192.0.2.28 stranger.example' >>/etc/hosts
printf '%s\n' 'nameserver 127.0.0.1' 'options timeout:2 attempts:1' >/etc/resolv.conf
nc.openbsd -k -l -u 127.0.0.1 53 >/dev/null &
for words in -N ''; do
  echo "dmarc-cat${words:+ $words}"
  dmarc-cat -j 2 $words example.net* 2>/dev/null | sed -n '/^IP/,$p' | tr -s ' ' | sed 's/ $//; /^$/d'
done
RUN
)
echo "$seen"
[ "$seen" = 'dmarc-cat -N
IP Count From RFrom RDKIM RSPF
192.0.2.25 50 example.com example.com pass pass
192.0.2.26 40 example.com list.example fail pass
192.0.2.27 30 example.com stranger.example fail
192.0.2.28 20 example.com stranger.example pass pass
dmarc-cat
IP Count From RFrom RDKIM RSPF
list.example. 50 example.com example.com pass pass
stranger.example. 40 example.com list.example fail pass
stranger.example. 30 example.com stranger.example fail
192.0.2.25 20 example.com stranger.example pass pass' ] || { echo 'changed' >&2; exit 1; }

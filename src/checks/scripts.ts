/** What is run on a host to learn how it is: OpenBSD's ksh and base alone (facts 7.1), and nothing is changed by it. */

// All are counted, the last ones are read. A local part may hold bars, so the time is found from the block of numbers
// behind it, as the parser does (facts 4.10).
export const QUEUE = `
timeout 10 smtpctl show queue | awk '
  { print }
  match($0, /^[0-9a-f]+[|].*[|][0-9]+[|][0-9]+[|][0-9]+[|][0-9]+[|](pending|inflight|offline|invalid)[|]/) {
    n = split(substr($0, 1, RLENGTH), part, "|")
    created = part[n - 5]
    if (!count++ || created + 0 < oldest + 0) oldest = created
  }
  END { print "total", count + 0, oldest + 0 }' | tail -n 2001
`;

// What a day of mail leaves behind, without what every stranger and every probe can write there.
export const LOG_LINES = [
  '[0-9a-f]{16} mta (connecting|error|delivery)',
  '[0-9a-f]{16} mda delivery',
  'smtp-out: (Disabling|Failed|Error)',
  'warn: [A-Za-z]+ injecting',
  '(dispatcher: )?smtpd: bind',
  'info: OpenSMTPD',
].join('|');

/** The same where filters are programs; @param names of filters. */
export const logLinesWith = (names: readonly string[]): string =>
  [LOG_LINES, 'warn: lost processor: ', `lookup: (Non-register|Invalid|Missing) `, `(${names.join('|')}): `].join('|');

// A power cut leaves NUL bytes in the log; without -a grep(1) would say no more of it than that it is a binary file.
// newsyslog(8) packs the old one only where its line has a Z, and a plain one that lies beside it is being packed.
// Sessions that broke off are a part of their own: strangers make so many that nothing else would be left of the end.
export const READ_LOG = `
log() {
  if [ -f /var/log/maillog.0 ]; then tail -n 20000 /var/log/maillog.0
  elif [ -f /var/log/maillog.0.gz ]; then timeout 10 zcat /var/log/maillog.0.gz | tail -n 20000
  fi
  tail -n 20000 /var/log/maillog
} 2>/dev/null
log | awk '
  { n = $3 ~ /]:$/ ? 4 : 6 } # syslogd -Z writes the time as one word
  $(n + 1) != "smtp" { next }
  $(n + 2) == "connected" { from[$n] = $0 }
  $(n + 2) == "disconnected" {
    if (/reason="io/ && $n in from) print from[$n] "\\n" $0
    delete from[$n]
  }' | tail -n 100
log | grep -aE "smtpd\\[[0-9]+\\]: ($1)" | tail -n 500
[ -f /var/log/maillog ]
`;

// Of seven days, as newsyslog(8) keeps them, and of each file the last lines alone: failures, and reports that could not
// be sent. Files that have not been written since somebody acknowledged what was lost are left out.
export const LOSSES = `
known=$1/acknowledged
[ ! -s "$known" ] || print -r -- "acknowledged $(<"$known")"
lost() { grep -aE 'smtpd\\[[0-9]+\\]: ([0-9a-f]{16} (mta|mda) delivery .* result="?PermFail|[a-z]+: Expire for |warn: PermFail injecting)' | tail -n 500; }
for n in 6 5 4 3 2 1 0; do
  for log in /var/log/maillog.$n /var/log/maillog.$n.gz; do
    [ -f "$log" ] || continue
    [ -f "$known" ] && [ ! "$log" -nt "$known" ] && break
    case $log in *.gz) timeout 10 zcat "$log";; *) cat "$log";; esac | lost
    break
  done
done 2>/dev/null
[ ! -f /var/log/maillog ] || lost </var/log/maillog
exit 0
`;

/** Notes the time until which losses are known, in seconds since 1970; the file is whole at every moment. */
export const ACKNOWLEDGE = `
umask 077
mkdir -p "$1" && rm -f "$1"/acknowledged.?????????? && new=$(mktemp "$1/acknowledged.XXXXXXXXXX") || exit 1
print -r -- "$2" >"$new" && [ "$(<"$new")" = "$2" ] && mv -f "$new" "$1/acknowledged" || { rm -f "$new"; exit 1; }
`;

// What stat says of a home and its .forward; of a file that smtpd would read (forward(5): a plain one of less than 4 kB)
// the addresses, and nothing else of its text.
export const FORWARDS = `
for name in "$(hostname)" "$(sed -n 1p /etc/mail/mailname 2>/dev/null)"; do print -r -- "local $name"; done
for login; do
  entry=$(getent passwd "$login") && home=\${entry%:*} || continue
  home=\${home##*:} uid=\${entry#*:*:} uid=\${uid%%:*}
  file=$home/.forward
  [ -n "$home" ] || continue
  stat -f "stat $login $uid %Sp %u %z %N" "$home/." "$file" 2>/dev/null
  [ -f "$file" ] && [ ! -L "$file" ] || continue
  timeout 5 dd if="$file" bs=4096 count=1 2>/dev/null | sed 's/#.*//' | tr ',' '\\n' |
    sed -nE 's/^[[:space:]]*([^][:space:]"'\\''|/:@][^][:space:]@":]*@[][A-Za-z0-9.:-]+)[[:space:]]*$/\\1/p' |
    while IFS= read -r address || [ -n "$address" ]; do print -r -- "forward $login $address $file"; done
done
exit 0
`;

export const CERTIFICATES = `
sed -nE 's/^[[:space:]]*pki[[:space:]]+([^[:space:]]+)[[:space:]]+(cert|key)[[:space:]]+"([^"]+)".*/\\2 \\1 \\3/p' /etc/mail/smtpd.conf |
while read -r kind name path; do
  print -r -- "$kind $name $path"
  case $kind in
    cert) cat "$path";;
    key) openssl pkey -in "$path" -pubout;;
  esac 2>/dev/null
done
exit 0
`;

/** What mailwrapper(8) runs for sendmail; nothing where mailer.conf(5) does not say. */
export const MAILER = `sed -nE 's/^[[:space:]]*sendmail[[:space:]]+([^[:space:]]+).*/\\1/p' /etc/mailer.conf 2>/dev/null; exit 0`;

export const RUN = `
if [ -d "$1" ]; then
  print -r -- "lock"
  cat "$1/owner" 2>/dev/null
  pid=$(sed -n 2p "$1/owner" 2>/dev/null)
  if _is "\${pid:-0}" "$(sed -n 3p "$1/owner" 2>/dev/null)"; then echo shell lives; else echo shell gone; fi
fi
[ ! -d "$2/armed" ] || print -r -- "armed $(stat -f %m "$2/armed/run" 2>/dev/null || stat -f %m "$2/armed")"
for ending in "$2"/ending-*; do [ ! -d "$ending" ] || print -r -- "armed 1"; done
[ ! -s "$2/reverted" ] || sed 's/^/reverted /' "$2/reverted"
exit 0
`;

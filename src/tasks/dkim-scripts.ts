/** What a relay runs for its DKIM keys: OpenBSD's ksh and base alone. */

// A PEM public key without its frame: what RFC 6376 wants of an RSA key. Of an Ed25519 key RFC 8463 (4.2) wants the 32
// bytes behind the 12 of its head, 16 characters of the base64. What a power cut has emptied is no key.
const FUNCTIONS = `
record_of() {
  local pem body= word
  pem=$(openssl pkey -in "$1" -pubout 2>/dev/null) || return
  for word in $pem; do
    case $word in -----*|PUBLIC|KEY-----) ;; *) body=$body$word;; esac
  done
  case $body in
    '') return 1;;
    MCowBQYDK2VwAyEA*) print -r -- "v=DKIM1; k=ed25519; p=\${body#MCowBQYDK2VwAyEA}";;
    *) print -r -- "v=DKIM1; k=rsa; p=$body";;
  esac
}
is_key() {
  local first=
  [ -s "$1" ] && { read -r first <"$1" || :; } 2>/dev/null
  case $first in '-----BEGIN '*'PRIVATE KEY-----') ;; *) return 1;; esac
}
`;

/**
 * `FOLDER DOMAIN…`: a line `key SELECTOR RECORD` for each key, or `damaged` or `stale` instead of `key`, and what DNS
 * says of it for each domain between `dns SELECTOR DOMAIN` and a line with a dot.
 */
export const STATE = `${FUNCTIONS}
folder=$1; shift
ask() {
  local said
  said=$(timeout 6 host -W 2 -t txt "$1._domainkey.$2" 2>&1)
  print -r -- "dns $1 $2
$said
."
}
for record in "$folder"/*.record; do
  [ -f "$record" ] || continue
  selector=\${record##*/} selector=\${selector%.record} key=\${record%.record}.key state=key
  is_key "$key" || state=damaged
  [ "$key" -nt "$record" ] && state=stale
  print -r -- "$state $selector $(<"$record")"
  [ $state = damaged ] || for domain; do ask "$selector" "$domain" & done
done
wait
exit 0
`;

/**
 * `KEY RECORD ALGORITHM FILTER SELECTOR`: makes what is missing of a key and its record, staged. The filter starts with
 * the key, as its own user, before anything relies on it; smtpd would exit where it does not (lka_proc.c).
 */
export const MAKE = `${FUNCTIONS}
key=$1 record=$2 algorithm=$3 filter=$4 selector=$5 new=$1.mailtun.unfinished
umask 077
stage "$key" && stage "$record" || exit
if is_key "$key"; then cat "$key" >"$new"
elif [ "$algorithm" = rsa ]; then openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$new" 2>/dev/null
else openssl genpkey -algorithm ED25519 -out "$new" 2>/dev/null; fi
fail() { rm -f "$new" "$record.mailtun.unfinished"; complain "$1"; exit 1; }
[ -s "$new" ] || fail "openssl of this release makes no $algorithm keys: name another algorithm under mail.dkim"
chown _dkimsign:_dkimsign "$new" && chmod 400 "$new" || fail "$new: the package's user _dkimsign is missing"
said=$(print -r -- 'config|ready' |
  su -s /bin/sh _dkimsign -c 'exec "$0" "$@"' "$filter" -a "$algorithm-sha256" -d example.com -s "$selector" -k "$new" 2>&1)
case $said in *'register|ready'*) ;;
*) fail "\${filter##*/} does not start with this key: $said";;
esac
record_of "$new" >"$record.mailtun.unfinished" && chmod 644 "$record.mailtun.unfinished" || fail "$key holds no key"
`;

/** `FOLDER SELECTOR CONF`: forgets a key that nothing signs with any more and no queued mail was signed with. */
export const DROP = `
folder=$1 selector=$2 conf=$3
grep -q -e "-s $selector -k $folder/" "$conf" 2>/dev/null && { complain "smtpd signs with $selector"; exit 1; }
for mail in /var/spool/smtpd/queue/*/*/message; do
  [ -f "$mail" ] && grep -q "^DKIM-Signature:.* s=$selector;" "$mail" && { complain "mail signed with $selector is queued"; exit 1; }
done
rm -f "$folder/$selector.key" "$folder/$selector.record"
`;

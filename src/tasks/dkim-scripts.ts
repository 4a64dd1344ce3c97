/** What a relay runs for its DKIM keys: OpenBSD's ksh and base alone. */

import { KEY_FUNCTIONS } from '../facts/dkim-keys.ts';

/**
 * `KEY RECORD ALGORITHM FILTER SELECTOR`: makes what is missing of a key and its record, staged. The filter starts with
 * the key, as its own user, before anything relies on it; smtpd would exit where it does not (lka_proc.c).
 */
export const MAKE = `${KEY_FUNCTIONS}
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

// The filter folds its field before the selector where the line would have more than 78 characters.
/** `FOLDER SELECTOR CONF`: deletes a key that no longer signs and that signed no queued mail. */
export const DROP = `
folder=$1 selector=$2 conf=$3
grep -q -e "-s $selector -k $folder/" "$conf" 2>/dev/null && { complain "smtpd signs with $selector"; exit 1; }
for mail in /var/spool/smtpd/queue/*/*/message; do
  [ -f "$mail" ] && awk -v tag=" s=$selector;" '
    /^$/ { exit }
    /^[^ \\t]/ { isOurs = tolower($0) ~ /^dkim-signature:/ }
    isOurs { field = field $0 }
    END { gsub(/\\t/, " ", field); exit !index(field, tag) }' "$mail" &&
    { complain "mail signed with $selector is queued"; exit 1; }
done
[ -e "$folder/$selector.key" ] || [ -e "$folder/$selector.record" ] || { print absent; exit; }
rm -f "$folder/$selector.key" "$folder/$selector.record"
`;

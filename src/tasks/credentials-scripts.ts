/** Scripts for a gateway's password: the clear text passes through shell built-ins and standard input only. */

import { VALUE } from '../facts/credentials-state.ts';
import { MARK } from '../resources/file.ts';
import { STATE_DIRECTORY } from '../run/prelude.ts';

/** Only what a run has made has a hash; the line of a user who was never ours stays. The hash in use stays as it is. */
export const DROP = `
secrets=$1 hash=$2 folder=${STATE_DIRECTORY}; shift 2
fresh=
[ "$secrets" -nt "$hash" ] || fresh=yes
for user; do
  new=$(mktemp "$secrets.mailtun.XXXXXXXXXX") || exit 1
  awk -v u="$user" '{ k = $0; sub(/^[[:space:]]+/, "", k); sub(/[[:space:]:].*/, "", k) } tolower(k) != tolower(u)' "$secrets" >"$new" &&
    chown root:_smtpd "$new" && chmod 640 "$new" && keep "$secrets" && mv -f "$new" "$secrets" || { rm -f "$new"; exit 1; }
  [ -z "$fresh" ] || touch "$hash" || exit 1
  keep "$folder/hash.$user" && rm -f "$folder/hash.$user" || exit 1
done
`;

/** What a file that a run has begun says of itself: a relay, which the host may become, replaces it without leave. */
const OURS = `${MARK} for this gateway to authenticate with.`;

/** smtpctl encrypt reads lines from its standard input, so the password is in no argv (smtpctl(8)). */
export const MAKE = `${VALUE}
umask 077
user=$1 secrets=$2 hash=$3 wanted=$4
mkdir -p "\${hash%/*}" && stage "$secrets" && stage "$hash" || exit 1
was=$secrets
if is_lost "$secrets"; then was=$(newest_kept "$secrets") || was=/dev/null; fi
[ -e "$was" ] || was=/dev/null
value=
value=$(value_of "$user" "$was")
[ -z "$wanted" ] || value=$user:$wanted
if [ -z "$value" ]; then value=$user:$(openssl rand -hex 24) || exit 1; fi
new=$secrets.mailtun.unfinished
{ [ -s "$was" ] || print -r -- '${OURS}'
  awk -v u="$user" '
      { k = $0; sub(/^[[:space:]]+/, "", k); sub(/[[:space:]:].*/, "", k) } tolower(k) != tolower(u)' "$was"
  print -r -- "$user $value"; } >"$new" && chown root:_smtpd "$new" && chmod 640 "$new" || { rm -f "$new"; exit 1; }
if cmp -s "$new" "$secrets"; then rm -f "$new"; chown root:_smtpd "$secrets" && chmod 640 "$secrets" || exit 1; fi
new=$hash.mailtun.unfinished
print -r -- "\${value#*:}" | smtpctl encrypt >"$new" && [ -s "$new" ] ||
  { rm -f "$new"; complain 'smtpctl encrypt made no hash'; exit 1; }
`;

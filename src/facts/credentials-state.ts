import { builtins } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import { SECRET_VALUE } from './secret-value.ts';

// Another user's name and password under our label is not what the relay knows.
/** `value_of USER FILE` prints `USER:PASSWORD` of a table of credentials. */
export const VALUE = `${SECRET_VALUE}
value_of() {
  local value=$(secret_value "$1" "$2")
  case $value in "$1":*) print -r -- "$value";; esac
}
`;

// The checksum is asked for only if the inventory names a password; otherwise it does not leave the host.
const STATE = `${SECRET_VALUE}
user=$1 secrets=$2 hash=$3 compare=$4
[ -e "$secrets" ] || return 0
is_lost "$secrets" && echo lost
is_lost "$hash" && echo 'lost hash'
value=$(secret_value "$user" "$secrets")
case $value in "$user":*) echo present;; *) value=;; esac
[ -n "$value" ] && [ -n "$compare" ] && print -rn -- "$value" | sha256
[ -s "$hash" ] && [ ! "$secrets" -nt "$hash" ] && print -r -- "$(<"$hash")"
for other in "\${hash%/*}"/hash.*; do
  [ ! -e "$other" ] || [ "$other" = "$hash" ] || print -r -- "other \${other##*/hash.}"
done
`;

/** What is known of a gateway's password outside of its host. */
export interface CredentialsState {
  /** The file, or that of the hash, holds only NUL bytes, as after a power cut. */
  readonly isLost: boolean;
  readonly isHashLost: boolean;
  /** Whether the user has a password there. */
  readonly isPresent: boolean;
  /** SHA-256 of `USER:PASSWORD`, where it was asked for. */
  readonly sum: string | null;
  /** Bcrypt: `$2b$`, the cost, 53 characters (crypt(3)); null where it is missing or older than the password. */
  readonly hash: string | null;
  /** Other users that have a hash. */
  readonly others: readonly string[];
}

/** Which files it is about. */
interface CredentialsFiles {
  readonly secrets: string;
  readonly hash: string;
}

/** @param compares whether the sum is asked for. */
export const credentialsState = (
  user: string,
  { secrets, hash }: CredentialsFiles,
  compares: boolean,
): Fact<CredentialsState> =>
  fact('the credentials', builtins(STATE, user, secrets, hash, compares ? 'compare' : ''), text => {
    const lines = text.split('\n');
    return {
      isLost: lines.includes('lost'),
      isHashLost: lines.includes('lost hash'),
      isPresent: lines.includes('present'),
      sum: lines.find(line => /^[0-9a-f]{64}$/.test(line)) ?? null,
      hash: lines.find(line => /^\$2[ab]\$\d\d\$[./A-Za-z0-9]{53}$/.test(line)) ?? null,
      others: lines.flatMap(line => (line.startsWith('other ') ? [line.slice('other '.length)] : [])),
    };
  });

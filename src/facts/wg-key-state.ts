import { builtins, unchangedBy } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

// X25519 by openssl where the release can (LibreSSL of 7.3 and later): the 16 bytes before the private key are
// its DER head; the public key's own head is 12 bytes, 16 characters of the base64 between the PEM lines. The shell
// decodes base64 in less time than a second openssl takes to start: four characters are a number of three bytes.
/** `public_of FILE` prints the public half of a private key. */
export const PUBLIC_OF = `
public_of() {
  local digits=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/
  local rest=$(<"$1") digit before number=0 count=0 byte octal= pem
  case $rest in *=?*|*[!=]) return 1;; esac
  while [ \${#rest} -gt 0 ]; do # [ -n = ] is an error in pdksh
    digit=\${rest%"\${rest#?}"} rest=\${rest#?}
    before=\${digits%%"$digit"*} count=$((count + 1))
    number=$((number * 64 + \${#before} % 64))
    [ $((count % 4)) -eq 0 ] || continue
    for byte in $((number / 65536)) $((number / 256 % 256)) $((number % 256)); do
      octal="$octal\\\\0$((byte / 64))$((byte / 8 % 8))$((byte % 8))"
    done
    number=0
  done
  pem=$(print -n "\\0060\\0056\\0002\\0001\\0000\\0060\\0005\\0006\\0003\\0053\\0145\\0156\\0004\\0042\\0004\\0040\${octal%?????}" |
    openssl pkey -inform DER -pubout 2>/dev/null) || return
  pem=\${pem#*MCowBQYDK2VuAyEA}
  print -r -- "\${pem%%-*}"
}
`;

// A file without a key in it, such as NUL bytes after a power cut, counts as none.
/** `is_key FILE` succeeds for a file that may be a key of wg(4). */
export const IS_KEY = `
is_key() {
  [ -s "$1" ] || return
  set -- "$(<"$1")"
  case $1 in *[!A-Za-z0-9+/=]*) return 1;; esac
  [ \${#1} -eq 44 ]
}
`;

const STATE = `${PUBLIC_OF}${IS_KEY}
[ -s "$1" ] || return 0
is_lost "$1" && { echo lost; return 0; }
is_key "$1" || { echo damaged; return 0; }
is_lost "$2" && echo 'lost public'
print -rn -- 'computed '; public_of "$1" || print
[ -s "$2" ] && print -r -- "written $(<"$2")"
[ -s "$2" ] && [ ! "$1" -nt "$2" ] && print -r -- current
`;

/** 32 bytes in base64: what ifconfig and hostname.if may be handed. */
export const isWgKey = (text: string): boolean => /^[A-Za-z0-9+/]{43}=$/.test(text);

/** What is known of a key pair of wg(4) outside of its host. */
export interface WgKeyState {
  /** The public half of the private key; empty where the release can't tell without an interface. */
  readonly computed: string;
  /** The content of the public key file. */
  readonly written: string;
  /** Whether that file is not older than the private key. */
  readonly current: boolean;
  /** The private key file holds no key. */
  readonly damaged: boolean;
  /** The file holds only NUL bytes, as after a power cut. */
  readonly isKeyLost: boolean;
  readonly isPublicLost: boolean;
}

/** Of the pair in these two files. */
export const wgKeyState = (privateKey: string, publicKey: string): Fact<WgKeyState> =>
  fact('the WireGuard key', unchangedBy(['risky'], builtins(STATE, privateKey, publicKey)), parseWgKeyState);

function parseWgKeyState(text: string): WgKeyState {
  const lines = text.split('\n');
  const after = (word: string): string => lines.find(line => line.startsWith(word))?.slice(word.length) ?? '';
  return {
    computed: isWgKey(after('computed ')) ? after('computed ') : '',
    written: after('written '),
    current: lines.includes('current'),
    damaged: lines.includes('damaged'),
    isKeyLost: lines.includes('lost'),
    isPublicLost: lines.includes('lost public'),
  };
}

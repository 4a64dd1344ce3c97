import { command } from '../run/command.ts';
import { lost } from '../run/lost.ts';
import { change, type FileState, type Reason, type Resource, reason } from '../run/resource.ts';
import { made } from './file.ts';

/** The article's names. */
export const PRIVATE_KEY = '/root/KEY_PRIVATE';
/** Its public half, likewise. */
export const PUBLIC_KEY = '/root/KEY_PUBLIC';

// X25519 by openssl where the release can (7.3 and later, facts 5.5 and 14): the 16 bytes before the private key are
// its DER head; the public key's own head is 12 bytes, 16 characters of the base64 between the PEM lines.
const PUBLIC_OF = `
public_of() {
  local pem
  pem=$({ print -n '\\0060\\0056\\0002\\0001\\0000\\0060\\0005\\0006\\0003\\0053\\0145\\0156\\0004\\0042\\0004\\0040'
    print -rn -- "$(<"$1")" | openssl base64 -d -A
  } | openssl pkey -inform DER -pubout 2>/dev/null) || return
  pem=\${pem#*MCowBQYDK2VuAyEA}
  print -r -- "\${pem%%-*}"
}
`;

/**
 * `public_half FILE` prints the public half of a private key. Before 7.3 only a wg interface can tell: one with a high
 * number, taken down before it goes (facts 1.2).
 */
export const PUBLIC_HALF = `${PUBLIC_OF}
public_half() {
  public_of "$1" && return
  (
    trap 'ifconfig wg250 down; ifconfig wg250 destroy' EXIT
    ifconfig wg250 wgkey "$(<"$1")" && ifconfig wg250 | sed -n 's/^[[:space:]]*wgpubkey //p'
  )
}
`;

/**
 * `unclamped FILE` prints a private key in a form that wg(4) takes for another one, though it is the same: with the lowest
 * bit of its first byte set, which its use clears again. Setting it ends all sessions and lifts the limit on handshakes,
 * whatever form the key has in the file (facts 1.4). That bit is the second letter's; no program sees the key here.
 */
export const UNCLAMPED = `
unclamped() {
  local key=$(<"$1") first second rest clear=ABCDEFGHIJKLMNOPghijklmnopqrstuv set=QRSTUVWXYZabcdefwxyz0123456789+/
  first=\${key%"\${key#?}"} rest=\${key#?}
  second=\${rest%"\${rest#?}"} rest=\${rest#?}
  case $clear in
  *"$second"*)
    clear=\${clear%%"$second"*}
    while [ -n "$clear" ]; do clear=\${clear#?} set=\${set#?}; done
    second=\${set%"\${set#?}"};;
  esac
  print -r -- "$first$second$rest"
}
`;

// What is no key there, only NUL bytes after a power cut above all, is as good as none.
const IS_KEY = `
is_key() {
  [ -s "$1" ] || return
  set -- "$(<"$1")"
  case $1 in *[!A-Za-z0-9+/=]*) return 1;; esac
  [ \${#1} -eq 44 ]
}
`;

const STATE = `${PUBLIC_OF}${IS_KEY}
[ -s "$1" ] || exit 0
is_lost "$1" && { echo lost; exit 0; }
is_key "$1" || { echo damaged; exit 0; }
is_lost "$2" && echo 'lost public'
print -r -- "computed $(public_of "$1")"
[ -s "$2" ] && print -r -- "written $(<"$2")"
[ -s "$2" ] && [ ! "$1" -nt "$2" ] && print -r -- current
exit 0
`;

// Who set the tunnel up by hand may have the key in hostname.if(5) alone.
const MAKE = `${PUBLIC_HALF}${IS_KEY}
umask 077
private=$1 public=$2 hostname_if=$3
in_use() {
  sed -n '/^[[:space:]]*#/d; s/.*wgkey[[:space:]]*["'\\'']*\\([A-Za-z0-9+/]\\{43\\}=\\).*/\\1/p' "$hostname_if" 2>/dev/null | sed 1q | grep .
}
stage "$private" && stage "$public" || exit 1
new=$private.mailtun.unfinished
if ! is_key "$private"; then
  { in_use || openssl rand -base64 32; } >"$new" && [ "$(wc -c <"$new")" -eq 45 ] || { rm -f "$new"; complain 'no key could be made'; exit 1; }
  private=$new
fi
chown root:wheel "$private" && chmod 600 "$private" || exit 1
key=$(public_half "$private")
[ -n "$key" ] || { complain "$private holds no WireGuard key"; exit 1; }
print -r -- "$key" >"$public.mailtun.unfinished"
`;

const QUESTION = 'the WireGuard key';

/** A host's WireGuard key pair: made there once, adopted where there is one; only the public half is ever read. */
export const wgKey = (wg: string): Resource => ({
  id: PRIVATE_KEY,
  questions: [
    { kind: 'file', path: PRIVATE_KEY, want: 'stat' },
    { kind: 'run', name: QUESTION, command: command(STATE, PRIVATE_KEY, PUBLIC_KEY) },
  ],
  judge(observed) {
    const why = reasonsToMake(
      observed.file(PRIVATE_KEY),
      parseKeyState(observed.run(QUESTION).stdout.toString('utf8')),
    );
    if (why.length === 0) return null;
    const make = {
      label: `makes ${PRIVATE_KEY}`,
      ...made(command(MAKE, PRIVATE_KEY, PUBLIC_KEY, `/etc/hostname.${wg}`), PRIVATE_KEY, PUBLIC_KEY),
    };
    return change(PRIVATE_KEY, why, [make]);
  },
  publish(observed) {
    const { computed, written, current } = parseKeyState(observed.run(QUESTION).stdout.toString('utf8'));
    const key = computed !== '' ? computed : current ? written : '';
    return isWgKey(key) ? { [WG_PUBLIC_KEY]: key } : {};
  },
});

/** Why the pair is made, or made good. */
function reasonsToMake(
  { type, mode, owner, group }: FileState,
  key: ReturnType<typeof parseKeyState>,
): readonly Reason[] {
  if (type === 'missing') return [reason('wireguard-key-missing', 'missing')];
  const attributes = `${mode} ${owner}:${group}`;
  const isWhole = !key.isKeyLost && !key.damaged && !key.isPublicLost;
  const isStale = key.computed === '' ? !key.current : key.computed !== key.written;
  return [
    attributes === '0600 root:wheel' ? [] : reason('wireguard-key-attributes-differ', `mode and owner ${attributes}`),
    key.isKeyLost ? lost('made new, and its peers are told') : [],
    key.damaged ? reason('wireguard-key-damaged', 'holds no WireGuard key: made new, and its peers are told') : [],
    key.isPublicLost ? reason('file-lost', `${PUBLIC_KEY} holds only NUL bytes, as after a power cut`) : [],
    isWhole && isStale ? reason('wireguard-public-key-stale', `${PUBLIC_KEY} is missing or does not belong to it`) : [],
  ].flat();
}

/** Under this key a host publishes its WireGuard public key, base64. */
export const WG_PUBLIC_KEY = 'WireGuard public key';

/** 32 bytes in base64: what ifconfig and hostname.if may be handed. */
export const isWgKey = (text: string): boolean => /^[A-Za-z0-9+/]{43}=$/.test(text);

function parseKeyState(text: string) {
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

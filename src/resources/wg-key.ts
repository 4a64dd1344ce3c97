import { IS_KEY, isWgKey, PUBLIC_OF, type WgKeyState, wgKeyState } from '../facts/wg-key-state.ts';
import { command } from '../run/command.ts';
import { lost } from '../run/lost.ts';
import { change, type FileState, type Reason, type Resource, reason } from '../run/resource.ts';
import { made } from './file.ts';

/** The private key of wg(4): the path of the article. */
export const PRIVATE_KEY = '/root/KEY_PRIVATE';
/** Its public half. */
export const PUBLIC_KEY = '/root/KEY_PUBLIC';

/**
 * `public_half FILE` prints the public half of a private key. Before 7.3 only a wg interface can tell: one with a high
 * number, taken down before it goes (if_wg.c).
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
 * whatever form the key has in the file (wg_ioctl_set() in if_wg.c). That bit is the second letter's; no program sees the
 * key here.
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

// A tunnel that was set up by hand may have its key only in hostname.if(5), whose lines netstart(8) joins at a backslash, those
// of comments as well; of two keys the later one is in force.
const MAKE = `${PUBLIC_HALF}${IS_KEY}
umask 077
private=$1 public=$2 hostname_if=$3
in_use() {
  [ -e "$hostname_if" ] || return
  sed -n -e ':more' -e '/\\\\$/{ N; s/\\\\\\n//; b more' -e '}' -e '/^[[:space:]]*#/d' \\
    -e 's/.*wgkey[[:space:]]*["'\\'']*\\([A-Za-z0-9+/]\\{43\\}=\\).*/\\1/p' "$hostname_if" 2>/dev/null | sed -n '$p' | grep .
}
stage "$private" && stage "$public" || exit 1
new=$private.mailtun.unfinished
if ! is_key "$private"; then
  { in_use || openssl rand -base64 32; } >"$new" && is_key "$new" || { rm -f "$new"; complain 'no key could be made'; exit 1; }
  private=$new
fi
{ is_wheels "$private" || chown root:wheel "$private"; } && { [ "$private" = "$new" ] || chmod 600 "$private"; } || exit 1
key=$(public_half "$private")
[ -n "$key" ] || { complain "$private holds no WireGuard key"; exit 1; }
print -r -- "$key" >"$public.mailtun.unfinished"
`;

const KEY = wgKeyState(PRIVATE_KEY, PUBLIC_KEY);

/** A host's WireGuard key pair: made there once, or the existing one is used; only the public half leaves the host. */
export const wgKey = (wg: string): Resource => ({
  id: PRIVATE_KEY,
  questions: [{ kind: 'file', path: PRIVATE_KEY, want: 'stat' }, KEY],
  judge(observed) {
    const why = reasonsToMake(observed.file(PRIVATE_KEY), observed.get(KEY));
    if (why.length === 0) return null;
    const make = {
      label: `makes ${PRIVATE_KEY}`,
      ...made(command(MAKE, PRIVATE_KEY, PUBLIC_KEY, `/etc/hostname.${wg}`), PRIVATE_KEY, PUBLIC_KEY),
    };
    return change(PRIVATE_KEY, why, [make]);
  },
  publish(observed) {
    const { computed, written, current } = observed.get(KEY);
    const key = computed !== '' ? computed : current ? written : '';
    return isWgKey(key) ? { [WG_PUBLIC_KEY]: key } : {};
  },
});

/** Why the pair is made or corrected. */
function reasonsToMake({ type, mode, owner, group }: FileState, key: WgKeyState): readonly Reason[] {
  if (type === 'missing') return [reason('wireguard-key-missing', 'missing')];
  const attributes = `${mode} ${owner}:${group}`;
  const isWhole = !key.isKeyLost && !key.damaged && !key.isPublicLost;
  const isStale = key.computed === '' ? !key.current : key.computed !== key.written;
  return [
    attributes === '0600 root:wheel' ? [] : reason('wireguard-key-attributes-differ', `mode and owner ${attributes}`),
    key.isKeyLost ? lost('a new one is made, and its peers get the new public key') : [],
    key.damaged
      ? reason(
          'wireguard-key-damaged',
          'contains no WireGuard key: a new one is made, and its peers get the new public key',
        )
      : [],
    key.isPublicLost ? reason('file-lost', `${PUBLIC_KEY} holds only NUL bytes, as after a power cut`) : [],
    isWhole && isStale ? reason('wireguard-public-key-stale', `${PUBLIC_KEY} is missing or does not match it`) : [],
  ].flat();
}

/** Under this key a host publishes its WireGuard public key, base64. */
export const WG_PUBLIC_KEY = 'WireGuard public key';

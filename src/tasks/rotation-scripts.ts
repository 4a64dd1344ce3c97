/** Scripts for a rotation of keys, under the dead-man switch; private keys do not leave the host that made them. */

import { isWgKey } from '../facts/wg-key-state.ts';
import { PRIVATE_KEY, PUBLIC_HALF, PUBLIC_KEY } from '../resources/wg-key.ts';
import { VERIFY_TUNNEL } from '../resources/wg-verification.ts';
import { type Command, command } from '../run/command.ts';
import { STATE_DIRECTORY as STATE } from '../run/prelude.ts';
import type { StagedSwitch } from '../run/rollback.ts';
import type { Verification } from '../run/target.ts';
import type { NewKeys } from '../run/turn-types.ts';

// Every new file is recorded before it is made, so that it is found if the switch was interrupted.
const NOTE = `
umask 077
stage() { print -r -- "$*" >>${STATE}/armed/staged || exit; }
note() {
  print -r -- "$2" >"$1" && [ "$(<"$1")" = "$2" ] && return
  complain "$1: could not be written completely; is the disk full?"
  exit 1
}
`;

const PREPARE = `${PUBLIC_HALF}${NOTE}
new_key() {
  openssl rand -base64 32 >"$1" && [ "$(wc -c <"$1")" -eq 45 ] && return
  complain "$1: no key could be made; is the disk full?"
  exit 1
}
open_switch && : >${STATE}/armed/staged && arm "$1" || exit 1
if [ "$2" = rotates ]; then
  stage "$3.next" "$3" "$3.old"
  stage "$4.next" "$4"
  new_key "$3.next"
  key=$(public_half "$3.next") && [ -n "$key" ] || { complain "$3.next has no public half"; exit 1; }
  cp -p "$4" "$4.next" && note "$4.next" "$key"
  print -r -- "public $key"
fi
shift 4
for path; do
  stage "$path.next" "$path"
  new_key "$path.next"
  print -r -- "preshared $path $(<"$path.next")"
done
`;

/**
 * Makes the new keys beside the old ones, already under a dead-man switch: whatever happens, the host cleans up.
 * @param seconds until the host decides by itself.
 * @param preshared files of preshared keys to be made here; their text is in the answer, for the other end.
 */
export const prepare = (seconds: number, rotates: boolean, preshared: readonly string[]): Command =>
  command(PREPARE, String(seconds), rotates ? 'rotates' : 'follows', PRIVATE_KEY, PUBLIC_KEY, ...preshared);

/** What `prepare` printed. */
export function prepared(text: string): NewKeys {
  const lines = text.split('\n').map(line => line.split(' '));
  const publicKey = lines.find(([word]) => word === 'public')?.[1] ?? null;
  const preshared = lines.flatMap(([word, path, key]) =>
    word === 'preshared' && path !== undefined && key !== undefined && isWgKey(key) ? [[path, key] as const] : [],
  );
  return { publicKey: publicKey !== null && isWgKey(publicKey) ? publicKey : null, preshared: new Map(preshared) };
}

// Kept for undo, not for the dead-man switch: no file is changed before the verification, so there is none to restore.
const READY = `${NOTE}
at=${STATE}/armed
{ read -r run && [ "$run" = "$MAILTUN_RUN" ]; } <$at/run ||
  { complain 'the dead-man switch has ended meanwhile'; exit 1; }
interface=$1 file=/etc/hostname.$1
stage "$file.next" "$file"
note "$file.next" "$2"
chown root:wheel "$file.next" && chmod 640 "$file.next" || exit 1
note $at/interface "$interface"
note $at/words "$3"
note $at/tunnels "$4"
shift 4
while [ $# -gt 0 ]; do
  grep -qF "$1.next " $at/staged || { stage "$1.next" "$1"; note "$1.next" "$2"; }
  shift 2
done
while read -r new path old; do
  for path in $path $old; do
    _keep ${STATE}/undo/$MAILTUN_RUN "$path" && _keep ${STATE}/original "$path" || exit 1
  done
done <$at/staged
keep_running interface "$interface" && sync
`;

/** What a host needs for the switch. */
interface Readiness {
  readonly interface: string;
  /** hostname.if(5) with the new keys. */
  readonly hostnameIf: string;
  readonly words: readonly string[];
  /** What is verified: an answer from these addresses, a handshake with these keys. */
  readonly tunnels: readonly { readonly address: string; readonly publicKey: string }[];
  /** Preshared keys that the other end has made. */
  readonly preshared: readonly { readonly path: string; readonly key: string }[];
}

/** Stages everything; afterwards the switch is one short command. */
export const makeReady = (ready: Readiness): Command =>
  command(
    READY,
    ready.interface,
    ready.hostnameIf.trimEnd(),
    ready.words.join('\n'),
    ready.tunnels.map(({ address, publicKey }) => `${ready.interface} ${address} ${publicKey}`).join('\n'),
    ...ready.preshared.flatMap(({ path, key }) => [path, key]),
  );

// No program but ifconfig(8) is started: the two ends are to follow each other within hundredths of a second. The mark
// is made first, so that a host that dies between the two does not look like one that never switched.
const SWITCH = `
at=${STATE}/armed secret=
set --
while read -r word; do
  [ -z "$secret" ] || word=$(<"$word") || exit 1
  secret=
  case $word in wgkey|wgpsk) secret=yes;; esac
  set -- "$@" "$word"
done <$at/words
read -r interface <$at/interface && : >$at/switched && exec ifconfig "$interface" "$@"
`;

/** Switches over to the new keys, in one ifconfig command. */
export const switchOver: Command = command(SWITCH);

/** Both ends of a rotation are verified: the files are made to match, the switch is disarmed. */
export const settle: Command = command('_end settle');

const VERIFY_ALL = `${VERIFY_TUNNEL}
interface=$1; shift; while [ $# -gt 0 ]; do verify_tunnel "$interface" "$1" "$2" || exit; shift 2; done
`;

/** Verifies the new keys on a host. */
export const verifyKeys = (name: string, tunnels: Readiness['tunnels']): Verification => ({
  of: 'the tunnel',
  command: command(VERIFY_ALL, name, ...tunnels.flatMap(({ address, publicKey }) => [address, publicKey])),
});

const WORKS = `${VERIFY_TUNNEL}
switch_works() {
  [ -s ${STATE}/armed/tunnels ] || return
  while read -r interface address peer; do
    verify_tunnel "$interface" "$address" "$peer" 2>/dev/null </dev/null || return
  done <${STATE}/armed/tunnels
}
`;

/** How a host ends a rotation of keys by itself. */
export const stagedKeys: StagedSwitch = {
  works: WORKS,
  leftovers: '/root/KEY_*.next /etc/hostname.*.next',
  what: 'the key rotation',
  unswitched: 'the old keys stay',
  kept: 'the tunnel works with the new keys',
  undone: 'its new keys did not work; the old keys are restored',
};

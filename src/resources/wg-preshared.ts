import { filesLike } from '../facts/files-like.ts';
import type { WgPeer } from '../facts/ifconfig.ts';
import { MARKS } from '../facts/own-tunnels.ts';
import { command } from '../run/command.ts';
import { type Change, type Observed, type Resource, textOf, type World } from '../run/resource.ts';
import { unwantedFiles } from './unwanted-files.ts';
import { hostnameIfOf } from './wg-routes.ts';

/** What an interface is to share with a peer. */
export interface DesiredSharing {
  /** Path of the preshared key on the host, or null. */
  readonly presharedKeyFile: string | null;
  /** Whether the key has to be set although the interface has one: it may be another than the far end has, or will have. */
  readonly isUnshared: boolean;
  /** Whether the interface keeps the preshared key that it has. */
  readonly keepsKey?: boolean;
}

/** The words of ifconfig(8) that give a peer its preshared key. @param now the peer as it is. */
export const sharedWords = (
  { presharedKeyFile, keepsKey }: DesiredSharing,
  now: WgPeer | undefined,
): readonly string[] => {
  if (keepsKey) return [];
  if (presharedKeyFile !== null) return ['wgpsk', presharedKeyFile];
  return now?.presharedKey ? ['-wgpsk'] : [];
};

/** Exists while a key is in its file and may not be set yet. A boot removes it, and sets what is in the file. */
const unsetMark = (path: string): string => `${MARKS}${path.slice(path.lastIndexOf('/') + 1)}`;

const WHAT = 'preshared keys';
const PATTERNS = ['/root/KEY_PRESHARED.*', `${MARKS}KEY_PRESHARED.*`];

/** Files of keys, and marks of keys that may not be set yet. */
export const PRESHARED_KEYS = filesLike(WHAT, PATTERNS);

/** Removes those of former peers. @param wanted files of keys. */
export const formerKeys = (wanted: readonly string[]): Resource =>
  unwantedFiles({ what: WHAT, patterns: PATTERNS, wanted: [...wanted, ...wanted.map(unsetMark)], risk: 'next boot' });

/**
 * Whether the interface of that name may have another key than the one in a file, for ifconfig(8) shows none: where a run has ended
 * between writing the key and setting it, or netstart(8) reads another file, since hostname.if(5) is written when the interface has
 * been changed.
 */
export const isUnset = (observed: Observed, path: string, name: string): boolean =>
  observed.get(PRESHARED_KEYS).includes(unsetMark(path)) ||
  !textOf(observed, hostnameIfOf(name)).includes(`"$(cat ${path})"`);

/** The change that writes a key, marked before the file is there; the interface ends that when it gets the key. */
export const unsetAfter = (due: Change, path: string): Change => {
  if (!due.rewrites) return due;
  const mark = { label: `marks ${path} as not set`, command: command(': >"$1"', unsetMark(path)) };
  return { ...due, steps: [mark, ...due.steps] };
};

/** Whether the key is set although the interface has one. @param id the resource of the interface. */
export const isRekeyed =
  (id: string, world: World) =>
  ({ presharedKeyFile: path, isUnshared, keepsKey }: DesiredSharing): boolean =>
    path !== null && !keepsKey && (world.willChange(path) || (isUnshared && !world.hasChanged(id, path)));

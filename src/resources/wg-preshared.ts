import { filesLike } from '../facts/files-like.ts';
import { command } from '../run/command.ts';
import { intactText } from '../run/lost.ts';
import type { Change, FileState, Observed, Resource, World } from '../run/resource.ts';
import { unwantedFiles } from './unwanted-files.ts';

/** What a mark is called, ahead of the name of a key's file. A boot removes it, and sets what is in the file. */
export const UNSET = '/var/run/mailtun.';

/** Exists while a key is in its file and may not be set yet. */
const unsetMark = (path: string): string => `${UNSET}${path.slice(path.lastIndexOf('/') + 1)}`;

const WHAT = 'preshared keys';
const PATTERNS = ['/root/KEY_PRESHARED.*', `${UNSET}KEY_PRESHARED.*`];

/** Files of keys, and marks of keys that may not be set yet. */
export const PRESHARED_KEYS = filesLike(WHAT, PATTERNS);

/** Removes those of former peers. @param wanted files of keys. */
export const formerKeys = (wanted: readonly string[]): Resource =>
  unwantedFiles({ what: WHAT, patterns: PATTERNS, wanted: [...wanted, ...wanted.map(unsetMark)], risk: 'next boot' });

/** Whether a run has ended between writing the key and setting it. */
export const isUnset = (observed: Observed, path: string): boolean =>
  observed.get(PRESHARED_KEYS).includes(unsetMark(path));

/** The change that writes a key, marked before the file is there; the interface ends that when it gets the key. */
export const unsetAfter = (due: Change, path: string): Change => {
  if (!due.rewrites) return due;
  const mark = { label: `marks ${path} as not set`, command: command(': >"$1"', unsetMark(path)) };
  return { ...due, steps: [mark, ...due.steps] };
};

/**
 * Whether an interface may have another preshared key than the one in a file, for ifconfig(8) shows none: where that file
 * changes, differs from the far end's, or is another one than netstart(8) reads, since hostname.if(5) is written when the
 * interface has been changed.
 * @param id the resource of the interface. @param netstart its hostname.if(5).
 */
export const mayLack =
  (id: string, netstart: FileState, world: World) =>
  ({ presharedKeyFile: path, isUnshared }: { presharedKeyFile: string | null; isUnshared: boolean }): boolean =>
    path !== null &&
    (world.willChange(path) ||
      (!world.hasChanged(id, path) && (isUnshared || !intactText(netstart).includes(`"$(cat ${path})"`))));

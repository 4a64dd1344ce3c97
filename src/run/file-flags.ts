/** Flags of chflags(1) that keep a file from being replaced, renamed or changed, by root as well (ufs_vnops.c). */

import { Failure } from './failure.ts';
import type { FileState, Observed, Resource } from './resource.ts';

/** Bits of st_flags (sys/stat.h), by the name that chflags(1) has for them. */
const LOCKING = { uchg: 0x2, uappnd: 0x4, schg: 0x20000, sappnd: 0x40000 } as const;

/** The names of those that are set. @param flags st_flags as stat(1) prints it, in decimal. */
export const lockingFlags = (flags: string): readonly string[] =>
  Object.entries(LOCKING).flatMap(([name, bit]) => ((Number(flags) & bit) === 0 ? [] : [name]));

/**
 * @throws Failure where the file that a resource has to change is locked: rename(2) would fail in the middle of the run, and
 * the copies that cp(1) keeps of it would have the same flags and could not be removed.
 */
export function refuseLocked({ id, questions }: Resource, observed: Observed): void {
  if (!questions.some(one => one.kind === 'file' && one.path === id)) return;
  const { path, flags = [] }: FileState = observed.file(id);
  if (flags.length > 0) throw lockedFailure(path, flags);
}

/** The Failure of a file that has to be changed and has these flags. */
export function lockedFailure(path: string, flags: readonly string[]): Failure {
  const single = flags.some(flag => flag.startsWith('s'))
    ? ' (in single-user mode if kern.securelevel is above 0)'
    : '';
  return new Failure(
    'file-flags-set',
    `${path} has to be changed and has the ${flags.length === 1 ? 'flag' : 'flags'} ${flags.join(', ')}`,
    path,
    `chflags ${flags.map(flag => `no${flag}`).join(',')} ${path}${single}, and run again; afterwards the flag can be set again`,
  );
}

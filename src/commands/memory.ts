/** What many hosts take in memory. */
import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's young generation from growing: with many hosts it would, to 32 MB of what was read and is done with. V8 looks
 * at this factor whenever it is about to grow it (SemiSpaceNewSpace::Grow in new-spaces.cc), so it may be set late.
 */
export const NO_GROWTH = '--semi-space-growth-factor=1';

/**
 * Has V8 collect what is done with before the old generation grows: without it, it seldom does so in a run of some
 * seconds. It is looked at when a limit is computed (Heap::ShouldOptimizeForMemoryUsage in heap.cc), so it may be set late.
 */
export const SMALL_HEAP = '--optimize-for-size';

/** Of this process, from now on. Parts of the program that are loaded later are compiled anew: V8 compares its flags. */
export function keepMemorySmall(): void {
  for (const flag of [NO_GROWTH, SMALL_HEAP]) setFlagsFromString(flag);
}

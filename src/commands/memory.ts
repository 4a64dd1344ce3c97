/** Keeps memory small in runs with many hosts. */
import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's young generation from growing, which with many hosts would hold 32 MB of garbage. V8 reads this factor
 * whenever it is about to grow it (SemiSpaceNewSpace::Grow in new-spaces.cc), so it may be set late.
 */
export const NO_GROWTH = '--semi-space-growth-factor=1';

/**
 * Makes V8 collect garbage before the old generation grows, which it seldom does in a run of some seconds. It is read
 * when a limit is computed (Heap::ShouldOptimizeForMemoryUsage in heap.cc), so it may be set late.
 */
export const SMALL_HEAP = '--optimize-for-size';

/** Keeps the memory of this process small from now on. V8 ignores compiled code that was made with other flags. */
export function keepMemorySmall(): void {
  for (const flag of [NO_GROWTH, SMALL_HEAP]) setFlagsFromString(flag);
}

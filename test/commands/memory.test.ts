import { execa } from 'execa';
import { expect, test } from 'vitest';
import { NO_GROWTH, SMALL_HEAP } from '../../src/commands/memory.ts';

interface Megabytes {
  readonly young: number;
  /** The most that all of the heap has come to. */
  readonly most: number;
}

/** Of a program that sets flags when it runs already, then reads a lot, a part of which stays a while. */
async function megabytes(...flags: readonly string[]): Promise<Megabytes> {
  const program = `
    const v8 = require('node:v8');
    for (const flag of ${JSON.stringify(flags)}) v8.setFlagsFromString(flag);
    const recent = [];
    let most = 0;
    for (let i = 0; i < 3_000_000; i += 1) {
      recent[i % 60_000] = { text: 'line ' + i };
      if (i % 10_000 === 0) most = Math.max(most, process.memoryUsage().heapTotal / 1e6);
    }
    const space = v8.getHeapSpaceStatistics().find(one => one.space_name === 'new_space');
    console.log(JSON.stringify({ young: space.space_size / 1e6, most }));`;
  return JSON.parse((await execa(process.execPath, ['-e', program])).stdout);
}

test('the flags that are set late keep the heap small on this Node', async () => {
  const [without, noGrowth, both] = [
    await megabytes(),
    await megabytes(NO_GROWTH),
    await megabytes(NO_GROWTH, SMALL_HEAP),
  ];
  expect(without.young).toBeGreaterThan(8);
  expect(noGrowth.young).toBeLessThan(4);
  expect(both.young).toBeLessThan(4);
  expect(both.most).toBeLessThan(noGrowth.most * 0.85);
});

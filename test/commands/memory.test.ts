import { execa } from 'execa';
import { expect, test } from 'vitest';
import { NO_GROWTH } from '../../src/commands/memory.ts';

/** Megabytes of the young generation of a program that sets a flag when it runs already, then reads a lot, half of which stays a while. */
async function youngMegabytes(flag: string): Promise<number> {
  const program = `
    const v8 = require('node:v8');
    if (${JSON.stringify(flag)}) v8.setFlagsFromString(${JSON.stringify(flag)});
    const recent = [];
    for (let i = 0; i < 3_000_000; i += 1) { recent[i % 50_000] = { text: 'line ' + i }; }
    const space = v8.getHeapSpaceStatistics().find(one => one.space_name === 'new_space');
    console.log(space.space_size / 1e6);`;
  return Number((await execa(process.execPath, ['-e', program])).stdout);
}

test('the flag that is set late keeps the young generation small on this Node', async () => {
  expect(await youngMegabytes('')).toBeGreaterThan(8);
  expect(await youngMegabytes(NO_GROWTH)).toBeLessThan(4);
});

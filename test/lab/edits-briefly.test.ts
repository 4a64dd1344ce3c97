/** The machine that edits, for some seconds: a fixed seed, which fails the same again, and one of the day, which is printed. */
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { edited } from './editing.ts';
import { provisioned } from './mailtun.ts';
import { labCalled } from './on-host.ts';

const LAB = 'edits-briefly';
const lab = labCalled(LAB);

beforeAll(async () => {
  await execa('scripts/lab', ['up', 'saudade'], { env: { LAB } });
  expect((await provisioned(LAB)).document.totals.failed).toBe(0);
}, 120_000);
afterAll(lab.down);

test.each([11, Date.now() % 100_000])(
  'edits of seed %i lose, strand and knowingly double nothing',
  async seed => {
    const { steps, sent, doubled, starts, ...found } = await edited(LAB, { seed, seconds: 6 });
    expect(found).toMatchObject({ lost: 0, stranded: 0, queued: 0, knowingly: [], faults: [] });
    expect(doubled).toBeLessThanOrEqual(starts);
    expect(Math.min(steps, sent)).toBeGreaterThan(0);
  },
  300_000,
);

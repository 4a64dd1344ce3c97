/** Random edits under numbered mails, and the sequences of edits that have failed once. */
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { edited, type Step } from './editing.ts';
import { provisioned } from './mailtun.ts';
import { labCalled } from './on-host.ts';

const LAB = 'edits';
const lab = labCalled(LAB);

beforeAll(async () => {
  await execa('scripts/lab', ['up', 'saudade'], { env: { LAB } });
  expect((await provisioned(LAB)).document.totals.failed).toBe(0);
}, 120_000);
afterAll(lab.down);

const [seed, seconds] = [
  Number(process.env.MAILTUN_EDIT_SEED ?? Date.now() % 100_000),
  Number(process.env.MAILTUN_EDIT_SECONDS ?? 15),
];

/** Sequences that once lost or stranded mail, or came to no end. */
const FAILED: Readonly<Record<string, readonly Step[]>> = {
  // A former name meant no host that was known, so neither end changed for the other.
  'TLS off and names in the tunnel and the LAN at once, with the relay away': [
    { edits: ['mail.tls', 'name in the tunnel', 'name in the LAN'], away: 'namorar' },
    { edits: ['name in the tunnel'] },
  ],
};

test.each(Object.entries(FAILED))(
  '%s',
  async (_, plan) => {
    const { doubled, starts, ...found } = await edited(LAB, { seed: 1, seconds: 0, plan });
    expect(found).toMatchObject({ lost: 0, stranded: 0, queued: 0, knowingly: [], faults: [] });
    expect(doubled).toBeLessThanOrEqual(starts);
  },
  400_000,
);

test(`of ${seconds} s lose, double and strand nothing`, { timeout: (seconds + 400) * 1000 }, async () => {
  const { steps, sent, doubled, starts, ...found } = await edited(LAB, { seed, seconds });
  expect(found).toMatchObject({ lost: 0, stranded: 0, queued: 0, knowingly: [], faults: [] });
  expect(doubled).toBeLessThanOrEqual(starts);
  expect(Math.min(steps, sent)).toBeGreaterThan(0);
});

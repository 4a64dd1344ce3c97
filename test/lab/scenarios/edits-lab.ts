/** A lab whose inventory is edited under numbered mails. */
import { execa } from 'execa';
import { afterAll, beforeAll, expect } from 'vitest';
import { provisioned } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';
import { edited } from './editing.ts';
import type { Step } from './edits-drawn.ts';

/** A lab of four hosts for the tests of a file; resolves where a sequence of edits loses, strands and doubles nothing. */
export function editsLab(
  name: string,
): (edits: { readonly seed: number; readonly seconds: number; readonly plan?: readonly Step[] }) => Promise<void> {
  const lab = labCalled(name);
  beforeAll(async () => {
    await execa('scripts/lab', ['up', 'saudade'], { env: { LAB: name } });
    expect((await provisioned(name)).document.totals.failed).toBe(0);
  }, 120_000);
  afterAll(lab.down);
  return async edits => {
    const { steps, sent, doubled, cut, ...found } = await edited(name, edits);
    expect(found).toMatchObject({ lost: 0, stranded: 0, queued: 0, faults: [] });
    // See agreed.test.ts; an hour is to have none.
    expect(doubled).toBeLessThanOrEqual(cut + (edits.seconds < 60 ? 1 : 0));
    expect(Math.min(steps, sent)).toBeGreaterThan(0);
  };
}

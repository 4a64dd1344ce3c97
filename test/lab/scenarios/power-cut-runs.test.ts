import { afterAll, beforeAll, expect, test } from 'vitest';
import { provisioned } from '../driver/mailtun.ts';
import { powered } from '../driver/power.ts';

const NAME = 'cuts';
const power = powered(NAME);
const wanted = ['provision', 'inventory.yaml', '--take-over'];
let before: readonly string[];
let steps: readonly string[];

beforeAll(async () => {
  before = await power.up();
  await power.syncsAs('echo >>/var/syncs', 'counted');
  await power.script('restore', 'bare');
  await power.syncsAs('exit 0', 'unsynced');
});
afterAll(() => power.down());

const syncs = async (): Promise<readonly number[]> =>
  (await power.everywhere('wc -l </var/syncs 2>/dev/null || echo 0')).map(Number);

/** The last of the steps that start smtpd anew: whatever is written is in place. */
const lastRestart = (): number => steps.findLastIndex(step => / restarts smtpd$/.test(step)) + 1;

test('a first run syncs once for each exchange that renames something and once at its end, a converged run never', async () => {
  steps = await power.steps('counted', ...wanted);
  const first = await syncs();
  expect(first).toEqual([4, 4, 3]);
  expect((await provisioned(NAME)).document.totals.changed).toBe(0);
  expect(await syncs()).toEqual(first);
});

test("after a power cut at the end of a first run, the next run repairs everything, and nothing of the admin's is lost", async () => {
  const { happened, wrong } = await power.cutAt('bare', lastRestart(), before, ...wanted);
  expect(happened).toBe(true);
  expect(wrong).toEqual([]);
});

test('the same without sync(8) loses what the admin wrote', async () => {
  const { happened, atBoot } = await power.cutAt('unsynced', lastRestart(), before, ...wanted);
  expect(happened).toBe(true);
  expect(atBoot).toEqual(expect.arrayContaining(['namorar:/etc/hosts', 'namorar:/etc/pf.conf', 'mimando:/etc/hosts']));
});

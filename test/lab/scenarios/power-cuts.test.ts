import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cut, powered } from '../driver/power.ts';

const power = powered('power-cuts');
let before: readonly string[];
const wanted = ['provision', 'inventory.yaml', '--take-over'];

beforeAll(async () => {
  before = await power.up();
  await power.script('restore', 'bare');
  await power.steps('bare', ...wanted);
  await power.script('snapshot', 'wanted');
});
afterAll(async () => {
  console.table(table);
  await power.down();
});

const table: Record<string, Readonly<Record<string, number>>> = {};

const FIRST = Number(process.env.MAILTUN_CUTS_FROM ?? 1);
const LAST = Number(process.env.MAILTUN_CUTS_TO ?? Number.POSITIVE_INFINITY);

describe("the power of all hosts is cut at every step: one run repairs everything, and nothing of the admin's is lost", () => {
  test.each([
    ['a first provision', 'bare', wanted],
    ['a rotation', 'wanted', ['rotate-keys', 'inventory.yaml']],
    ['an undo', 'wanted', ['undo', 'inventory.yaml', '--all', '--keys']],
  ])(
    'of %s',
    async (title, snapshot, words) => {
      const steps = await power.steps(snapshot, ...words);
      const cuts: Cut[] = [];
      for (const [index, step] of steps.entries()) {
        if (/: (connects|reads the state|done)$/.test(step) || index + 1 < FIRST || index + 1 > LAST) continue;
        const cut = await power.cutAt(snapshot, index + 1, before, ...words);
        cuts.push(cut);
        console.log(
          `${title} ${index + 1} ${cut.step}: at boot ${cut.atBoot.join(' ')}; wrong: ${cut.wrong.join('; ')}`,
        );
      }
      const made = cuts.filter(cut => cut.happened);
      table[title] = {
        steps: steps.length,
        cuts: made.length,
        'left files of NUL bytes at the boot': made.filter(cut => cut.atBoot.length > 0).length,
        'as wanted after one run': made.filter(cut => cut.wrong.length === 0).length,
      };
      expect(cuts.filter(cut => cut.wrong.length > 0)).toEqual([]);
      expect(made.length).toBeGreaterThan(0);
    },
    3_600_000,
  );
});

import { expect, test } from 'vitest';
import { isMet, row, table } from './row.ts';

const ratio = (median: number) => ({ median, min: median, max: median, runs: 5 });

test('a row that misses its target says so, by its ratio or by what was counted', () => {
  const at = (value: number) =>
    row('chapter', 'a run', [1], { ratio: ratio(value), than: 'ssh', target: { most: 1.6 } });
  expect([isMet(at(1.6)), isMet(at(1.61))]).toEqual([true, false]);
  const judged = (count: number) =>
    row('chapter', 'a run', [1], { counts: { 'facts asked': count }, limits: { 'facts asked': { least: 95 } } });
  expect([isMet(judged(95)), isMet(judged(94))]).toEqual([true, false]);
  expect(table([at(2), judged(94)]).match(/MISSED/g)).toHaveLength(2);
});

test('what could not be measured has missed, and a row without a target has not', () => {
  expect(isMet(row('chapter', 'pyinfra failed', [], { target: { least: 10 } }))).toBe(false);
  expect(isMet(row('chapter', 'ssh', [1]))).toBe(null);
});

/** The machine that edits, for some seconds: a fixed seed, which fails the same again, and one of the day, which is printed. */
import { test } from 'vitest';
import { editsLab } from './edits-lab.ts';

const edit = editsLab('edits-briefly');

test.each([11, Date.now() % 100_000])(
  'edits of seed %i lose, strand and double nothing',
  seed => edit({ seed, seconds: 6 }),
  300_000,
);

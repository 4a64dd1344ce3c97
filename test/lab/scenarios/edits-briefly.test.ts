/** The machine that edits, for some seconds: fixed seeds, which fail the same again; edits.test.ts draws others. */
import { test } from 'vitest';
import { editsLab } from './edits-lab.ts';

const edit = editsLab('edits-briefly');

test.each([11, 9821])('edits of seed %i lose, strand and double nothing', seed => edit({ seed, seconds: 6 }), 300_000);

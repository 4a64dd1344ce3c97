import { afterAll, beforeAll, describe } from 'vitest';
import { labCalled } from '../driver/on-host.ts';
import { setUpByHand } from './by-hand.ts';
import { recordingsOf, replayed } from './replay.ts';

const lab = labCalled('recorded-faults');

beforeAll(async () => {
  await lab.down();
  await lab.up();
  await setUpByHand(lab);
});
afterAll(() => lab.down());

describe('stand-ins answer as OpenBSD 7.6 did while something is broken', () => {
  for (const recording of recordingsOf('faults')) replayed(lab, recording, true);
});

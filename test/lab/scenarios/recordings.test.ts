import { afterAll, beforeAll, describe } from 'vitest';
import { labCalled } from '../driver/on-host.ts';
import { setUpByHand } from './by-hand.ts';
import { recordingsOf, replayed } from './replay.ts';

const lab = labCalled('recordings');
const transcripts = recordingsOf('transcripts');
/** Recorded last, on machines that nobody had touched. */
const fresh = transcripts.filter(({ about }) => /as the release ships them|fresh machine/.test(about));

beforeAll(async () => {
  await lab.down();
  await lab.up();
});
afterAll(() => lab.down());

describe('stand-ins answer as OpenBSD 7.6 did on a machine as the release ships it', () => {
  for (const recording of fresh) replayed(lab, recording);
});

describe('stand-ins answer as OpenBSD 7.6 did on machines set up by hand', () => {
  beforeAll(() => setUpByHand(lab));
  for (const recording of transcripts) if (!fresh.includes(recording)) replayed(lab, recording);
});

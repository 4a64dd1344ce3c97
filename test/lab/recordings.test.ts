import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setUpByHand } from './by-hand.ts';
import { labCalled } from './on-host.ts';
import { notReplayed, preparations, type Recording } from './replay.ts';
import { shape } from './shape.ts';

const read = (file: string): Recording[] =>
  JSON.parse(readFileSync(new URL(`../recordings/${file}.json`, import.meta.url), 'utf8'));
const transcripts = read('transcripts');
const faults = read('faults');
/** Recorded last, on machines that nobody had touched. */
const fresh = transcripts.filter(({ about }) => /as the release ships them|fresh machine/.test(about));

/** smtpd in the lab is OpenSMTPD itself; doctor's own tests make these faults and read its log. */
const mailIsReal = 'smtpd’s log, in which no stand-in has a part';

const lab = labCalled('recordings');

const replay = async ({ about, host, command, stdin }: Recording) => {
  const { before, after } = preparations[about] ?? {};
  if (before) await before(lab);
  const { exit, stdout, stderr } = await lab.on(host, command, stdin ?? '');
  if (after) await after(lab);
  return shaped({ about, exit, stdout, stderr });
};

/** What is left of an answer once everything that may differ is taken out. */
const shaped = ({ about, exit, stdout, stderr }: Pick<Recording, 'about' | 'exit' | 'stdout' | 'stderr'>) => {
  const text = shape(stdout);
  return { exit, stdout: preparations[about]?.unordered ? text.split('\n').sort() : text, stderr: shape(stderr) };
};

/** A recording that cannot be replayed is expected to differ: the list of those names nothing that is well by now. */
const replayed = (recording: Recording): void => {
  const title = `${recording.host}: ${recording.about}`;
  const reason = notReplayed[recording.about];
  if (reason?.unset) it.skip(`${title} — not replayed: ${reason.why}`);
  else if (reason)
    it.fails(`${title} — differs: ${reason.why}`, async () =>
      expect(await replay(recording)).toEqual(shaped(recording)));
  else it(title, async () => expect(await replay(recording)).toEqual(shaped(recording)));
};

beforeAll(async () => {
  await lab.down();
  await lab.up();
});
afterAll(() => lab.down());

describe('stand-ins answer as OpenBSD 7.6 did: a machine as the release ships it', () => {
  for (const recording of fresh) replayed(recording);
});

describe('stand-ins answer as OpenBSD 7.6 did: machines set up by hand', () => {
  beforeAll(() => setUpByHand(lab));
  for (const recording of transcripts) if (!fresh.includes(recording)) replayed(recording);
});

describe('stand-ins answer as OpenBSD 7.6 did: something is broken', () => {
  for (const recording of faults) {
    if (/smtpctl|maillog/.test(recording.command)) it.skip(`${recording.host}: ${recording.about} — not replayed: ${mailIsReal}`);
    else replayed(recording);
  }
});

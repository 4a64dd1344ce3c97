import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Lab } from '../driver/on-host.ts';
import { shape } from '../driver/shape.ts';
import { notReplayed, preparations } from './preparations.ts';

/** One entry of transcripts.json or faults.json. */
export interface Recording {
  readonly about: string;
  readonly host: string;
  readonly command: string;
  readonly stdin?: string;
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** All recordings of a file in test/recordings, in the order in which they were made. */
export const recordingsOf = (file: 'transcripts' | 'faults'): readonly Recording[] =>
  JSON.parse(readFileSync(new URL(`../../recordings/${file}.json`, import.meta.url), 'utf8'));

/** What is left of an answer once everything that may differ is taken out. */
const shaped = ({ about, exit, stdout, stderr }: Pick<Recording, 'about' | 'exit' | 'stdout' | 'stderr'>) => {
  const { unordered, without } = preparations[about] ?? {};
  const lines = shape(stdout)
    .split('\n')
    .filter(line => !without?.test(line));
  return { exit, stdout: unordered ? lines.sort() : lines.join('\n'), stderr: shape(stderr) };
};

/**
 * Makes a test of a recording. One that cannot be replayed is expected to differ, so that the list of those names
 * nothing that is well by now.
 */
export const replayed = (lab: Lab, recording: Recording, fault = false): void => {
  const { about, host, command, stdin } = recording;
  const replay = async () => {
    const { before, after, sleep } = preparations[about] ?? {};
    await before?.(lab);
    const answer = await lab.on(host, sleep ? command.replace(/sleep \d+/, () => sleep) : command, stdin ?? '');
    await after?.(lab);
    expect(shaped({ about, ...answer })).toEqual(shaped(recording));
  };
  const reason = notReplayed({ about, command, fault });
  if (reason === null) it(`${host}: ${about}`, replay);
  else if (reason.tried) it.fails(`${host}: ${about} — differs: ${reason.why}`, replay);
  else it.skip(`${host}: ${about} — not replayed: ${reason.why}`);
};

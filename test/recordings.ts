/** What running OpenBSD machines said: test/recordings. `transcripts` and `faults` are 7.6, `transcripts-7.8` is 7.8-beta. */
import { readFileSync } from 'node:fs';

interface Recording {
  readonly about: string;
  readonly stdout: string;
  readonly stderr: string;
}

export type Recordings = 'transcripts' | 'transcripts-7.8' | 'faults';

const read = (name: Recordings): readonly Recording[] =>
  JSON.parse(readFileSync(new URL(`recordings/${name}.json`, import.meta.url), 'utf8'));

const theOne = (name: Recordings, about: string): Recording => {
  const found = read(name).find(one => one.about === about);
  if (!found) throw new Error(`${name}.json has nothing about "${about}"`);
  return found;
};

/** Standard output of the one recording about this. */
export const recorded = (name: Recordings, about: string): string => theOne(name, about).stdout;

/** Both streams, standard error last. */
export const recordedBoth = (name: Recordings, about: string): string => {
  const { stdout, stderr } = theOne(name, about);
  return stdout + stderr;
};

/** Standard output of every recording. */
export const allRecorded = (): readonly string[] =>
  (['transcripts', 'transcripts-7.8', 'faults'] as const).flatMap(name => read(name).map(({ stdout }) => stdout));

/** What running OpenBSD machines said: test/recordings. */
import { readFileSync } from 'node:fs';

interface Recording {
  readonly about: string;
  readonly stdout: string;
}

const read = (name: string): readonly Recording[] =>
  JSON.parse(readFileSync(new URL(`recordings/${name}.json`, import.meta.url), 'utf8'));

/** Standard output of the one recording about this. */
export function recorded(name: 'transcripts' | 'faults', about: string): string {
  const found = read(name).find(one => one.about === about);
  if (!found) throw new Error(`${name}.json has nothing about "${about}"`);
  return found.stdout;
}

/** Standard output of every recording. */
export const allRecorded = (): readonly string[] =>
  [...read('transcripts'), ...read('faults')].map(recording => recording.stdout);

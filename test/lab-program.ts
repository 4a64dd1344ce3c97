/** Debian 13's programs as the lab has them, for tests that want one program and no host: see scripts/lab-program. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export const labProgram = join(import.meta.dirname, '..', 'scripts', 'lab-program');

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `words[0]` with the rest as its arguments; files below /tmp are those of this machine. */
export function runLabProgram(words: readonly string[], input = ''): Ran {
  const { status, stdout, stderr, error } = spawnSync(labProgram, words, { input, encoding: 'utf8' });
  if (error) throw error;
  return { status, stdout, stderr };
}

import { execa } from 'execa';
import { Failure } from '../engine/failure.ts';

/**
 * What a program of this machine prints, as `pass show mail` does a password. It may ask on the terminal.
 * @throws Failure without a word of its output.
 */
export async function commandOutput(words: readonly string[], where: string): Promise<string> {
  const [program = '', ...args] = words;
  const result = await execa(program, args, { stdin: 'inherit', stderr: 'inherit', reject: false });
  if (!result.failed) return result.stdout;
  const how = result.exitCode === undefined ? 'could not be run' : `ended with exit status ${result.exitCode}`;
  throw new Failure(`"${program}" ${how}`, where, 'run it by hand and see what it says');
}

import { execa } from 'execa';
import { Failure } from '../run/failure.ts';

/**
 * What a program of this machine prints, as `pass show mail` does a password. It may ask on the terminal.
 * @throws Failure that contains nothing of its output.
 */
export async function commandOutput(words: readonly string[], where: string): Promise<string> {
  const [program = '', ...args] = words;
  const running = execa(program, args, { stdin: 'inherit', stderr: 'inherit', reject: false });
  // What it leaves behind may keep the pipe open for as long as it lives: once it has ended, it has said what it says.
  // A turn of the event loop reads what is there before the pipe is closed, however late the timer is.
  const close = (): void => void setImmediate(() => running.stdout.destroy());
  running.once('exit', () => setTimeout(close, LEFT_MILLISECONDS));
  const { exitCode, signal, stdout, failed, code } = await running;
  if (exitCode === 0 && (!failed || code === 'ERR_STREAM_PREMATURE_CLOSE')) return stdout;
  throw new Failure(`"${program}" ${endOf(exitCode, signal)}`, where, 'run it by hand to see its error');
}

/** For what a program wrote before it ended and nobody has read yet. */
const LEFT_MILLISECONDS = 200;

const endOf = (exitCode: number | undefined, signal: string | undefined): string => {
  if (signal !== undefined) return `was ended by ${signal}`;
  return exitCode === undefined ? 'could not be run' : `ended with exit status ${exitCode}`;
};

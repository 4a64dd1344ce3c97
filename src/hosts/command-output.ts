import { execa } from 'execa';
import { Failure } from '../run/failure.ts';

/**
 * The output of a program on this machine, such as `pass show mail`. The program may ask on the terminal.
 * @throws Failure that contains nothing of the output.
 */
export async function commandOutput(words: readonly string[], where: string): Promise<string> {
  const [program = '', ...args] = words;
  const running = execa(program, args, { stdin: 'inherit', stderr: 'inherit', reject: false });
  // Processes that it leaves behind may keep the pipe open, but after its exit its output is complete. One more turn of
  // the event loop reads what is in the pipe before it is closed, however late the timer fires.
  const close = (): void => void setImmediate(() => running.stdout.destroy());
  running.once('exit', () => setTimeout(close, LEFT_MILLISECONDS));
  const { exitCode, signal, stdout, failed, code } = await running;
  if (exitCode === 0 && (!failed || code === 'ERR_STREAM_PREMATURE_CLOSE')) return stdout;
  throw new Failure(
    'password-unusable',
    `"${program}" ${endOf(exitCode, signal)}`,
    where,
    'run it by hand to see its error',
  );
}

/** Time to read what a program wrote before it exited. */
const LEFT_MILLISECONDS = 200;

const endOf = (exitCode: number | undefined, signal: string | undefined): string => {
  if (signal !== undefined) return `was ended by ${signal}`;
  return exitCode === undefined ? 'could not be run' : `ended with exit status ${exitCode}`;
};

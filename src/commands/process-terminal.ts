import { print } from './reported.ts';
import type { Terminal } from './terminal.ts';

/** The terminal of this process. */
export function processTerminal(options: { readonly json?: boolean; readonly color?: boolean }): Terminal {
  const interactive = Boolean(process.stdout.isTTY) && Boolean(process.stdin.isTTY);
  if (options.color === false) process.env.NO_COLOR = '1';
  return {
    out: print,
    err: text => process.stderr.write(text),
    interactive: interactive && !options.json,
    get columns() {
      return process.stdout.isTTY ? process.stdout.columns : undefined;
    },
    confirm: question => (interactive && !options.json ? ask(question) : Promise.resolve(false)),
    env: process.env,
    cwd: process.cwd(),
  };
}

async function ask(question: string): Promise<boolean> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  // The end of input is not a yes.
  const ended = new Promise<string>(resolve => lines.once('close', () => resolve('')));
  try {
    const answer = await Promise.race([lines.question(`${question} [y/N] `), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

/** Asks for a passphrase as ssh(1) does: on /dev/tty, without echo, never from a pipe. */
import { open } from 'node:fs/promises';
import { ReadStream } from 'node:tty';

/** Asks a person. Resolves to what was typed, or to null where there is no terminal or nothing was typed. */
export type Ask = (prompt: string) => Promise<string | null>;

/** Asks on the controlling terminal of this process, even if its standard streams are redirected. */
export const askOnTerminal: Ask = async prompt => {
  const terminal = await open('/dev/tty', 'r+').catch(() => null);
  if (!terminal) return null;
  const keyboard = new ReadStream(terminal.fd);
  try {
    // In this order, so that nothing is echoed that is typed as soon as the question is there.
    keyboard.setRawMode(true);
    await terminal.write(prompt);
    return await readLine(keyboard);
  } finally {
    keyboard.setRawMode(false);
    await terminal.write('\n');
    keyboard.destroy();
    await terminal.close().catch(() => {});
  }
};

/** Reads until Return; null for nothing, Ctrl-C or Ctrl-D. Ctrl-C also interrupts the run, as without raw mode. */
const readLine = (keyboard: ReadStream): Promise<string | null> =>
  new Promise(resolve => {
    let typed = '';
    keyboard.setEncoding('utf8');
    keyboard.on('error', () => resolve(null));
    keyboard.on('data', (text: string) => {
      for (const key of text) {
        if (key === '\u0003') process.kill(process.pid, 'SIGINT');
        if (key === '\u0003' || key === '\u0004') return resolve(null);
        if (key === '\r' || key === '\n') return resolve(typed === '' ? null : typed);
        typed = key === '\u007f' || key === '\b' ? typed.slice(0, -1) : key === '\u0015' ? '' : typed + key;
      }
    });
  });

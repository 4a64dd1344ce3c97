import { readFile } from 'node:fs/promises';
import { Failure } from '../engine/failure.ts';
import type { Fleet, PasswordSource } from '../hosts/fleet.ts';
import type { Terminal } from './terminal.ts';

/** The password that the inventory names, from where it says; null where the gateway makes its own. */
export async function readPassword(fleet: Fleet, terminal: Terminal): Promise<string | null> {
  const { password } = fleet.mail.credentials;
  if (!password) return null;
  const text = (await textOf(password, terminal)).split('\n')[0] ?? '';
  if (/^[\x21-\x7e]{1,512}$/.test(text)) return text;
  throw new Failure(
    text === '' ? 'the password is empty' : 'the password has blanks or characters outside ASCII',
    'mail.credentials.password',
    'use 1 to 512 printable ASCII characters without blanks on the first line, or leave it out: the gateway makes one',
  );
}

async function textOf(source: PasswordSource, terminal: Terminal): Promise<string> {
  const where = 'mail.credentials.password';
  if (source.kind === 'env') {
    const value = terminal.env[source.name];
    if (value === undefined)
      throw new Failure(`$${source.name} is not set`, where, `export ${source.name} and run again`);
    return value;
  }
  if (source.kind === 'command') {
    const { commandOutput } = await import('../hosts/command-output.ts');
    return commandOutput(source.words, where);
  }
  return readFile(source.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Failure(`${source.path} can't be read: ${error.code ?? 'error'}`, where, 'name a file that can be read');
  });
}

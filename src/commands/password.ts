import { readFile } from 'node:fs/promises';
import type { Fleet } from '../hosts/fleet.ts';
import type { PasswordSource } from '../hosts/inventory/credentials-schema.ts';
import { Failure } from '../run/failure.ts';
import type { Terminal } from './terminal.ts';

/** The password from the source that the inventory names; null where the gateway makes its own. */
export async function readPassword(fleet: Fleet, terminal: Terminal): Promise<string | null> {
  const { password } = fleet.mail.credentials;
  if (!password) return null;
  const text = (await textOf(password, terminal)).split(/\r?\n/)[0] ?? '';
  // smtpd ignores blanks at the end of a line of a table.
  if (/^[\x20-\x7e]{1,511}[\x21-\x7e]$/.test(text)) return text;
  throw new Failure(
    'password-unusable',
    refusal(text),
    'mail.credentials.password',
    'use 2 to 512 printable ASCII characters on the first line, not ending in a blank, or leave it out: the gateway makes one',
  );
}

// smtpd of 7.0 to 7.7 refuses a password of one character.
const refusal = (text: string): string => {
  if (text === '') return 'the password is empty';
  if (text.length === 1) return 'the password is a single character';
  if (text.length > 512) return 'the password is longer than 512 characters';
  return text.endsWith(' ')
    ? 'the password ends in a blank'
    : 'the password has characters that are not printable ASCII';
};

async function textOf(source: PasswordSource, terminal: Terminal): Promise<string> {
  const where = 'mail.credentials.password';
  if (source.kind === 'env') {
    const value = terminal.env[source.name];
    if (value === undefined)
      throw new Failure(
        'password-unusable',
        `$${source.name} is not set`,
        where,
        `export ${source.name} and run again`,
      );
    return value;
  }
  if (source.kind === 'command') {
    const { commandOutput } = await import('../hosts/command-output.ts');
    return commandOutput(source.words, where);
  }
  return readFile(source.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Failure(
      'password-unusable',
      `${source.path} cannot be read: ${error.code ?? 'error'}`,
      where,
      'make it readable, or name another file',
    );
  });
}

import { readFile } from 'node:fs/promises';
import { reasonOf } from '../hosts/system-error.ts';
import { Failure } from '../run/failure.ts';

/** The text of a file on this machine that the inventory names. @throws Failure */
export const localText = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch(error => {
    throw new Failure('file-unusable', `cannot be read: ${reasonOf(error)}`, path, 'name a file that can be read');
  });

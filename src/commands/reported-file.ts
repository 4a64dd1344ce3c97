/** The file of `status --since`, which contains the last report. */
import { access, constants, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, reasonOf } from '../hosts/system-error.ts';
import type { Reported } from '../report/since.ts';
import { Failure } from '../run/failure.ts';

/** The last report; empty where there is no file yet. @throws Failure for one that cannot be read or written. */
export async function readReported(path: string): Promise<readonly Reported[]> {
  const text = await readFile(path, 'utf8').catch(error => {
    if (codeOf(error) === 'ENOENT') return '';
    throw unusable('read', path, error);
  });
  await access(dirname(path), constants.W_OK).catch(error => {
    throw unusable('written', path, error);
  });
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      // An inventory, which is easily named in its place, has lines of another form.
      const [, host, what] = /^([\w.-]+): (\S.*)$/.exec(line) ?? [];
      if (host !== undefined && what !== undefined) return { host, what };
      throw new Failure(
        'file-in-the-way',
        'was not written by status, which would overwrite it',
        path,
        'name the file of an earlier --since, or one that does not exist',
      );
    });
}

const unusable = (how: string, path: string, error: unknown): Failure =>
  new Failure(
    'file-unusable',
    `cannot be ${how}: ${reasonOf(error)}`,
    path,
    'name a file that can be read and written',
  );

/** Replaces the file atomically, so that an interrupted run leaves the old one; follows no link. */
export async function writeReported(path: string, reported: readonly Reported[]): Promise<void> {
  const text = reported.map(({ host, what }) => `${host}: ${what}\n`).join('');
  try {
    await rm(`${path}.new`, { force: true });
    await writeFile(`${path}.new`, text, { mode: 0o600, flag: 'wx' });
    await rename(`${path}.new`, path);
  } catch (error) {
    throw unusable('written', path, error);
  }
}

/** The file of `status --since`, which contains the last report. */
import { access, constants, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, reasonOf } from '../hosts/system-error.ts';
import type { Reported } from '../report/since.ts';
import { Failure } from '../run/failure.ts';

/** The last report; empty where there is no file yet. @throws Failure for one that cannot be read or written. */
export async function readReported(path: string): Promise<Reported> {
  const text = await readFile(path, 'utf8').catch(error => {
    if (codeOf(error) === 'ENOENT') return '';
    throw unusable('read', path, error);
  });
  await access(dirname(path), constants.W_OK).catch(error => {
    throw unusable('written', path, error);
  });
  const lines = text.split('\n').filter(line => line !== '');
  if (lines.every(line => REPORTED.test(line))) return lines;
  throw new Failure(
    'file-in-the-way',
    'is no report of status, which would overwrite it',
    path,
    'name the file of an earlier --since, or one that does not exist',
  );
}

/** `HOST: what`: an inventory, which is easily named in its place, has lines of another form. */
const REPORTED = /^[\w.-]+: \S/;

const unusable = (how: string, path: string, error: unknown): Failure =>
  new Failure(
    'file-unusable',
    `cannot be ${how}: ${reasonOf(error)}`,
    path,
    'name a file that can be read and written',
  );

/** Replaces the file atomically, so that an interrupted run leaves the old one; follows no link. */
export async function writeReported(path: string, reported: Reported): Promise<void> {
  const text = reported.map(line => `${line.replaceAll('\n', ' ')}\n`).join('');
  try {
    await rm(`${path}.new`, { force: true });
    await writeFile(`${path}.new`, text, { mode: 0o600, flag: 'wx' });
    await rename(`${path}.new`, path);
  } catch (error) {
    throw unusable('written', path, error);
  }
}

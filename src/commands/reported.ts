import { fstatSync, writeSync } from 'node:fs';

/** What this process has printed on stdout: whether anything, and the error that made it incomplete. */
export const reported: { onStdout: boolean; failed: Error | null } = { onStdout: false, failed: null };

/**
 * Prints a part of the result on stdout. What cannot be written is recorded in `reported.failed` and never thrown, because
 * a run does not stop half-way for that. To a file it writes on after a short write, which Node does not.
 */
export function print(text: string): void {
  reported.onStdout = true;
  if (!isFile()) return void process.stdout.write(text);
  const bytes = Buffer.from(text);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
  } catch (error) {
    reported.failed ??= error instanceof Error ? error : new Error(String(error));
  }
}

function isFile(): boolean {
  try {
    return fstatSync(1).isFile();
  } catch {
    return false;
  }
}

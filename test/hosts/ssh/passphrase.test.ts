import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';

const dir = mkdtempSync(join(tmpdir(), 'mailtun-passphrase-'));
const program = join(dir, 'ask.mjs');

beforeAll(async () => {
  const entry = join(dir, 'ask.ts');
  const source = resolve(import.meta.dirname, '../../../src/hosts/ssh/passphrase.ts');
  writeFileSync(
    entry,
    `import { askOnTerminal } from ${JSON.stringify(source)};\n` +
      `console.error('heard', JSON.stringify(await askOnTerminal('Passphrase for key: ')));\n`,
  );
  await build({
    entryPoints: [entry],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
});
afterAll(() => rmSync(dir, { recursive: true }));

/** Runs the program, typing once it has asked; everything it wrote, and its exit status or signal. */
const run = (command: string, words: readonly string[], typed: string): Promise<{ seen: string; ending: unknown }> =>
  new Promise(done => {
    const child = spawn(command, words, { timeout: 5000 });
    let seen = '';
    const hear = (chunk: Buffer): void => {
      const asked = seen.includes('key: ');
      seen += chunk;
      if (!asked && seen.includes('key: ')) child.stdin.write(typed);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('close', (exit, signal) => done({ seen: seen.replaceAll('\r', ''), ending: signal ?? exit }));
  });

/** On a terminal of its own, script(1). */
const onTerminal = (typed: string) =>
  run('script', ['-qfec', `${process.execPath} ${program} </dev/null`, '/dev/null'], typed);

test.each([
  ['open sesame\r', '"open sesame"'],
  ['pä$s\\ "1\'\r', JSON.stringify('pä$s\\ "1\'')],
  ['wrong\u0015right\r', '"right"'],
  ['typoo\u007f\r', '"typo"'],
  ['\r', 'null'],
  ['abc\u0004', 'null'],
])('%j typed on the terminal is read as %s and not shown', async (typed, heard) => {
  const { seen, ending } = await onTerminal(typed);
  expect(seen).toBe(`Passphrase for key: \nheard ${heard}\n`);
  expect(ending).toBe(0);
});

test('an interrupt at the question interrupts the run', async () => {
  const { seen, ending } = await onTerminal('abc\u0003');
  expect(seen).not.toContain('abc');
  expect(ending).toBe(130);
});

test('without a terminal nobody is asked, whatever standard input contains', async () => {
  const { seen, ending } = await run('setsid', ['-w', process.execPath, program], 'open sesame\n');
  expect([seen, ending]).toEqual(['heard null\n', 0]);
});

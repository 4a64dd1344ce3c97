import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mailtun, provisioned, started } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';
import { screenAfter } from '../driver/screen.ts';
import { type Bench, inventoryOf, overLine } from './broken.ts';
import { recovering } from './recovering.ts';

const NAME = 'runs';
const HOST = 'mimando';
const lab = labCalled(NAME);
const bench: Bench = { lab, name: NAME, host: HOST };
const { provisionHost, lacksBlock, nothingIsLeftBehind, isRecovered } = recovering(bench);

beforeAll(async () => {
  await lab.up();
  const { document } = await provisioned(NAME);
  expect(document.hosts.map(host => host.error)).toEqual([null, null, null]);
});
afterAll(() => lab.down());

/** What a file is like after a run that was cut short: not half written. */
const isBeforeOrWhole = async (path: string, before: string): Promise<void> => {
  const after = await lab.must(HOST, `cat ${path}`);
  if (after !== before) expect(after).toContain('# mailtun: end');
};

describe('a connection that is reset', () => {
  /** Bytes that the host says in a run that is not cut. */
  const lengthOf = async (...options: readonly string[]): Promise<number> => {
    await lacksBlock('/etc/hosts');
    const whole = await overLine(bench, () => null);
    const { exit } = await mailtun(NAME, 'provision', whole.inventory, '--host', HOST, ...options);
    await whole.repair();
    expect(exit).toBe(options.includes('--check') ? 2 : 0);
    return whole.line.bytes.down;
  };
  const reported: string[] = [];

  test('after any number of bytes leaves the host unchanged or completely changed, and the next run recovers', async () => {
    const look = await lengthOf('--check');
    const whole = await lengthOf();
    const opening = [0, 1, 21, 500, 1500, 1800, 2200, 2600, 3000, 4000];
    // Close together where the lock is taken and the file is written, for their answers are short.
    const change = Array.from({ length: 16 }, (_, index) => look - 250 + 50 * index);
    const everywhere = [...opening, look / 2, ...change, (look + whole) / 2, whole - 1000];
    // Packets are not cut at the same bytes in each run: the write's short answer may be passed over.
    const between = change.map(bytes => bytes + 25);
    for (const [index, afterBytes] of [...everywhere, ...between].map(Math.floor).entries()) {
      if (index >= everywhere.length && reported.some(what => what.includes('writes /etc/hosts'))) break;
      const before = await lacksBlock('/etc/hosts');
      const broken = await overLine(bench, () => ({ kind: 'reset', afterBytes }));
      const { exit, error, stderr } = await provisionHost(broken.inventory);
      await broken.repair();
      expect(stderr).not.toMatch(/^\s+at /m);
      expect([exit, error?.what], `after ${afterBytes} bytes`).toEqual([
        1,
        expect.stringMatching(/ended the connection|reset|lost|ended/),
      ]);
      reported.push(error.what);
      await isBeforeOrWhole('/etc/hosts', before);
      await nothingIsLeftBehind();
      expect(await provisionHost(inventoryOf(bench)), `after ${afterBytes} bytes`).toMatchObject({
        exit: 0,
        error: null,
      });
    }
    await isRecovered();
  }, 900_000);

  test('was reset in every part of a run', () => {
    for (const part of ['before its greeting', 'key exchange', 'looks at files', 'takes the lock', 'writes /etc/hosts'])
      expect(reported).toContainEqual(expect.stringContaining(part));
  });
});

describe('an interrupted run', () => {
  const interrupted = async (signal: NodeJS.Signals, when: number | { readonly line: number }) => {
    const before = await lacksBlock('/etc/mail/aliases');
    const run = started(NAME, 'provision', 'inventory.yaml', '--host', HOST, '--verbose');
    let lines = 0;
    if (typeof when === 'number') setTimeout(() => run.kill(signal), when);
    else
      run.stdout.on('data', (chunk: Buffer) => {
        lines += chunk.toString().split('\n').length - 1;
        if (lines >= when.line) run.kill(signal);
      });
    const { exitCode, signal: died, stderr } = await run;
    if (exitCode === 130) expect(stderr).toContain(`interrupted by ${signal}`);
    await nothingIsLeftBehind();
    await isBeforeOrWhole('/etc/mail/aliases', before);
    return exitCode ?? died;
  };

  test.each(['SIGINT', 'SIGTERM'] as const)('exits 130 at any time after %s, and its lock is gone', async signal => {
    // Killed before node had read a line of ours, it is dead in the ordinary way.
    for (const milliseconds of [20, 150, 400])
      expect([0, 130, signal]).toContain(await interrupted(signal, milliseconds));
    for (const line of [1, 2, 3, 4, 5, 6]) expect(await interrupted(signal, { line }), `line ${line}`).toBe(130);
    await isRecovered();
  });
});

describe('the terminal', () => {
  test('may be closed: the run continues without an error', async () => {
    await lacksBlock('/etc/hosts');
    const line = `node dist/mailtun.js provision ${inventoryOf(bench)} | true; echo "\${PIPESTATUS[0]}"`;
    const said = execFileSync('bash', ['-c', `${line} 2>&1`], { encoding: 'utf8', timeout: 60_000 });
    expect(said).toBe('0\n');
    expect(await lab.must(HOST, 'cat /etc/hosts')).toContain('# mailtun: end');
  });

  test('may have 40 columns: no line of the progress stays behind, whatever its length', async () => {
    await lab.must(HOST, 'rm /etc/ssl/private/mimando.lan.ssc');
    const size = { columns: 40, rows: 12 };
    const line = `stty cols ${size.columns} rows ${size.rows}; exec node dist/mailtun.js provision ${inventoryOf(bench)}`;
    const said = execFileSync('script', ['-qec', line, '/dev/null'], { encoding: 'utf8', timeout: 120_000, input: '' });
    expect(said).toMatch(/certificates: makes a\s/);
    const shown = screenAfter(said, size);
    expect(shown.slice(0, 3).sort()).toEqual(['✔ carinho', '✔ mimando', '✔ namorar']);
    expect(shown[3]).toMatch(/^namorar {2}\d+ changed, /);
    expect(shown.join('')).toMatch(/\d+ changed, \d+ unchanged, 0 failed$/);
    expect(shown.slice(3).join('\n')).not.toMatch(/[✔›]|reads the state/);
    expect(Math.max(...shown.map(text => text.length))).toBeLessThanOrEqual(size.columns);
  });
});

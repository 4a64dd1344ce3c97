import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'mailtun-package-'));
const run = (program: string, ...words: readonly string[]): string =>
  execFileSync(program, words, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, npm_config_offline: 'true' },
  });
let packed: { filename: string; files: { path: string; mode: number }[] };

beforeAll(() => {
  [packed] = JSON.parse(run('npm', 'pack', '--json', '--loglevel=silent', `--pack-destination=${folder}`));
  // As npm install -g would, into a place of its own.
  run(
    'npm',
    'install',
    '--global',
    `--prefix=${folder}/prefix`,
    '--no-audit',
    '--no-fund',
    join(folder, packed.filename),
  );
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const about = JSON.parse(readFileSync('package.json', 'utf8'));

describe('the packed tarball', () => {
  test('contains the program, its manual, three inventories, licences and nothing else', () => {
    const others = packed.files.map(({ path }) => path).filter(path => !/^dist\/[\w-]+\.js$/.test(path));
    expect(others.sort()).toEqual([
      'LICENSE',
      'README.md',
      'dist/THIRD-PARTY-LICENCES',
      'dist/compiled-code',
      'dist/package.json',
      'inventory/example.yaml',
      'inventory/several.yaml',
      'inventory/single-machine.yaml',
      'man/mailtun.1',
      'man/mailtun.yaml.5',
      'package.json',
    ]);
  });

  test('needs no other package, no compiler and no install script', () => {
    expect(about.dependencies).toBeUndefined();
    for (const when of ['preinstall', 'install', 'postinstall', 'prepare']) expect(about.scripts[when]).toBeUndefined();
    expect(packed.files.filter(({ path }) => path.endsWith('.node'))).toEqual([]);
  });

  test('is installed with every dependency pinned to one version', () => {
    for (const version of Object.values(about.devDependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('contains the licence of every package in the program', () => {
    const licences = readFileSync('dist/THIRD-PARTY-LICENCES', 'utf8');
    for (const name of ['commander', 'diff', 'execa', 'listr2', 'ssh2', 'yaml', 'zod'])
      expect(licences).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\((MIT|ISC|BSD-3-Clause)\\)$`, 'm'));
    expect(licences).not.toMatch(/\b(A?GPL|LGPL|SSPL)\b/);
  });

  test('runs once installed, even if all of it is read-only', () => {
    const mailtun = `${folder}/prefix/bin/mailtun`;
    run('chmod', '-R', 'a-w', `${folder}/prefix`);
    expect(run(mailtun, '--version')).toBe(`${about.version}\n`);
    expect(run(mailtun, '--help')).toContain('provision');
    expect(JSON.parse(run(mailtun, 'schema'))).toHaveProperty('$schema');
    const example = `${folder}/prefix/lib/node_modules/mailtun/inventory/example.yaml`;
    expect(run(mailtun, 'render', example, '--out', join(folder, 'rendered'))).toContain('files');
    run('chmod', '-R', 'u+w', `${folder}/prefix`);
  });
});

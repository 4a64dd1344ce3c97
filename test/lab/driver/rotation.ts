/** What the tests of rotations and of the dead-man switch share. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { expect } from 'vitest';
import type { Fault } from './fault-runner.ts';
import { provisioned } from './mailtun.ts';
import { type Lab, labCalled, type Printed } from './on-host.ts';

/** How long the hosts wait for a proof: long enough for one, short enough for a test. */
export const SECONDS = 6;

/** Until a host has waited, looked for itself, and gone back or on. */
export const ALONE_SECONDS = SECONDS + 25;

export const ENDS = [
  { host: 'namorar', far: '2001:db8:c1da::1' },
  { host: 'carinho', far: '2001:db8:c1da::2' },
] as const;

export interface RotationLab extends Lab {
  readonly name: string;
  readonly inventory: string;
  /** Brings the lab up, with bare hosts, and provisions them. */
  provision(): Promise<void>;
  /** `scripts/lab` itself. */
  lab(...words: readonly string[]): Promise<void>;
  /** A rotation that something happens to. */
  rotate(fault?: Partial<Fault>): Promise<Printed>;
  /** Whether each end hears the other and neither has a switch armed or a new key lying about. */
  isWell(): Promise<boolean>;
  /** @throws Error where it is not well after `seconds`. */
  recovers(seconds: number): Promise<void>;
}

/** A lab of its own, with the runner of fault-runner.ts made ready. */
export async function rotationLab(name: string): Promise<RotationLab> {
  const base = labCalled(name);
  const dir = mkdtempSync(join(tmpdir(), 'mailtun-rotation-'));
  const runner = await bundled('test/lab/driver/fault-runner.ts', join(dir, 'runner.mjs'));
  const inventory = `/var/tmp/mailtun-lab/${name}/inventory.yaml`;
  const isWell = async (): Promise<boolean> => {
    const well = await Promise.all(
      ENDS.map(({ host, far }) => base.on(host, `${QUIET}\nexec ping6 -n -c 1 -w 1 ${far}`)),
    );
    return well.every(({ exit }) => exit === 0);
  };
  const lab = async (...words: readonly string[]): Promise<void> => {
    await execa('scripts/lab', words, { env: { LAB: name }, stdin: 'ignore', timeout: 90_000 });
  };
  return {
    ...base,
    name,
    inventory,
    isWell,
    lab,
    async provision() {
      await base.up();
      await lab('fresh', 'all');
      const { document } = await provisioned(name);
      expect(document.hosts.map(host => host.error)).toEqual([null, null, null]);
    },
    async rotate(fault = {}) {
      const whole: Fault = { inventory, seconds: SECONDS, at: null, run: null, afterMilliseconds: 0, ...fault };
      const { exitCode, stdout, stderr } = await execa('node', [runner, JSON.stringify(whole)], {
        reject: false,
        stdin: 'ignore',
        timeout: 150_000,
      });
      return { exit: exitCode ?? -1, stdout, stderr };
    },
    async recovers(seconds) {
      const until = Date.now() + seconds * 1000;
      while (!(await isWell())) {
        if (Date.now() > until) throw new Error(`the tunnel is not well after ${seconds} s`);
        await new Promise(resolve => setTimeout(resolve, 500));
      }
    },
    down: async () => {
      rmSync(dir, { recursive: true, force: true });
      await base.down();
    },
  };
}

/** What a run announces on each host, in order. */
const STEPS = [
  'makes new keys',
  'prepares the switch',
  'switches to the new keys',
  'reconnects',
  'verifies that the tunnel works',
  'keeps the new keys',
] as const;

/** Every line of a run's progress: `at` is the line itself. */
export const MOMENTS = STEPS.flatMap(step => ENDS.map(({ host }) => ({ host, step, at: `${host}: ${step}` })));

/** Nothing has to be done any more, and nothing is said to be wrong. */
export async function isConverged({ name }: Lab & { readonly name: string }): Promise<void> {
  const { exit, document } = await provisioned(name, '--check');
  expect(document.hosts.flatMap(host => host.changes)).toEqual([]);
  expect(exit).toBe(0);
}

export const publicKeys = (lab: Lab): Promise<string[]> =>
  Promise.all(ENDS.map(({ host }) => lab.must(host, "ifconfig wg0 | sed -n 's/.*wgpubkey //p'")));

/** Nothing of a rotation is under way or was left lying. */
const QUIET = `
for left in /var/db/mailtun/armed /var/db/mailtun/ending-* /root/*.next /etc/*.next; do
  [ ! -e "$left" ] || { echo "$left"; exit 1; }
done`;

async function bundled(entry: string, outfile: string): Promise<string> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['cpu-features', './crypto/build/Release/sshcrypto.node'],
    banner: {
      js: [
        'import { createRequire as __createRequire } from "node:module";',
        'const require = __createRequire(import.meta.url), __dirname = import.meta.dirname;',
      ].join('\n'),
    },
    logLevel: 'warning',
  });
  return outfile;
}

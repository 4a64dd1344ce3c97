/** What the tests of rotations and of the dead-man switch share. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import type { Fault } from './fault-runner.ts';
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
  /** `scripts/lab` itself. */
  lab(...words: readonly string[]): Promise<void>;
  /** A rotation that something happens to. */
  rotate(fault?: Partial<Fault>): Promise<Printed>;
  /** Whether each end hears the other and neither has a switch armed or a new key lying about. */
  isWell(): Promise<boolean>;
  /** @throws Error where it is not well after `seconds`. */
  heals(seconds: number): Promise<void>;
}

/** A lab of its own, with the runner of fault-runner.ts made ready. */
export async function rotationLab(name: string): Promise<RotationLab> {
  const base = labCalled(name);
  const dir = mkdtempSync(join(tmpdir(), 'mailtun-rotation-'));
  const runner = await bundled('test/lab/fault-runner.ts', join(dir, 'runner.mjs'));
  const inventory = `/var/tmp/mailtun-lab/${name}/inventory.yaml`;
  const isWell = async (): Promise<boolean> => {
    const well = await Promise.all(
      ENDS.map(({ host, far }) => base.on(host, `${QUIET}\nexec ping6 -n -c 1 -w 1 ${far}`)),
    );
    return well.every(({ exit }) => exit === 0);
  };
  return {
    ...base,
    name,
    inventory,
    isWell,
    lab: async (...words) => {
      await execa('scripts/lab', words, { env: { LAB: name }, stdin: 'ignore', timeout: 90_000 });
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
    async heals(seconds) {
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

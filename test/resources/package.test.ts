import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageState } from '../../src/facts/package-state.ts';
import { packageAdded } from '../../src/resources/package.ts';
import { script } from '../../src/run/quoting.ts';
import { answer, observing, world } from '../answers.ts';
import { pdksh } from '../hosts/shells.ts';

const desired = { name: 'signer', program: '/nonexistent/signer', flavors: ['ed25519', ''], because: 'mail.dkim' };
const state = packageState(desired.name, desired.program, ['signer--ed25519', 'signer--']);

describe.each(pdksh)('a mirror that keeps pkg_add silent for longer than a session may be, in %s', shell => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'package-'));
    program('sleep', 'exec /bin/sleep 0.2');
    program('pkg_add', '/bin/sleep 1; echo "Can\'t find it"; exit 1');
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  function program(name: string, text: string): void {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  /** What comes until its standard output and error are closed. */
  const run = (text: string) =>
    new Promise<{ stdout: string; stderr: string }>(resolve => {
      const child = spawn(shell, ['-c', `complain() { print -r -u2 -- "$1"; return 1; }\n${text}`], {
        env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
      });
      const got = { stdout: '', stderr: '' };
      for (const stream of ['stdout', 'stderr'] as const)
        child[stream].on('data', (chunk: Buffer) => {
          got[stream] += chunk.toString();
        });
      child.once('close', () => resolve(got));
    });

  it('differs from one that is unreachable: there is output now and then while it is asked', async () => {
    const { stdout, stderr } = await run(script(state.command.script, ...state.command.args));
    expect(stdout).toMatch(/^\n+Can't/);
    expect(state.parse(answer(stdout, 1))).toEqual({ isThere: false, spec: null, said: "Can't find it" });
    expect(stderr).toBe('');
  });
  it('and while the package is fetched; the output of pkg_add is complete', async () => {
    const observed = observing([], { [state.name]: answer('spec signer--\n') });
    const change = packageAdded('relay', desired).judge(observed, world());
    const { script: text = '', args = [] } = change?.steps[0]?.stage ?? {};
    const { stdout, stderr } = await run(script(text, ...args));
    expect(stdout).toMatch(/^\n+$/);
    expect(stderr).toBe("Can't find it\npkg_add signer-- did not install /nonexistent/signer\n");
  });
});

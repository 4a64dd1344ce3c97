import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect } from '../../src/hosts/connect.ts';
import type { Host } from '../../src/hosts/fleet.ts';
import type { Failure } from '../../src/run/failure.ts';
import { ask, fleetOf, hostAt, step } from './ssh/sshd.ts';

const here = (become: 'doas' | null = null): Host => ({ ...hostAt('here', 22), ssh: { kind: 'local', become } });

test('this machine answers as any other host does', async () => {
  const session = await connect(here(), fleetOf(), { prelude: 'say() { echo "said $1"; }' });
  const answers = await session.exchange([ask('say hello'), step('false'), step('say never'), ask('pwd; id -u')]);
  expect(answers.map(answer => answer && [answer.exit, `${answer.stdout}`])).toEqual([
    [0, 'said hello\n'],
    [1, ''],
    null,
    [0, '/\n0\n'],
  ]);
  expect(session.roundTrips).toBe(1);
  await session.close();
});

test('its shell gets no interrupt from the terminal, and has exited after close', async () => {
  const session = await connect(here(), fleetOf());
  const [answer] = await session.exchange([ask('echo $$; ps -o pgid= -p $$')]);
  const [pid = '', group = ''] = `${answer?.stdout}`.trim().split(/\s+/);
  expect(group).toBe(pid);
  await session.close();
  expect(existsSync(`/proc/${pid}`)).toBe(false);
});

test('what hangs there ends with the session, and so do its children', async () => {
  const session = await connect(here(), fleetOf(), { silenceSeconds: 0.3 });
  const [answer] = await session.exchange([ask('echo $$')]);
  const failure = await session.exchange([step('sleep 98765 & sleep 98765', 'a nap')]).catch(error => error);
  expect(failure.what).toBe('not a byte in 0.3 s while running "a nap"');
  await session.close();
  const pid = `${answer?.stdout}`.trim();
  const isLeft = (): boolean => existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`).length > 0;
  expect(isLeft()).toBe(false);
});

/** What comes of `become: doas` where the programs are those of `folder`. */
async function becoming(folder: string): Promise<Failure> {
  const { PATH } = process.env;
  process.env.PATH = folder;
  try {
    const session = await connect(here('doas'), fleetOf());
    return await session.exchange([ask('echo')]).then(
      () => expect.unreachable(),
      (error: Failure) => error,
    );
  } finally {
    process.env.PATH = PATH;
  }
}

test('a refusal of doas is reported with its message', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailtun-doas-'));
  writeFileSync(join(folder, 'doas'), '#!/bin/sh\necho "doas: Operation not permitted" >&2\nexit 1\n', { mode: 0o755 });
  const { what, remedy } = await becoming(folder);
  rmSync(folder, { recursive: true });
  expect(what).toBe('doas does not let this login become root (doas: Operation not permitted)');
  expect(remedy).toMatch(/doas\.conf/);
});

test('a machine without doas is reported as such', async () => {
  const { what, remedy } = await becoming('/nonexistent');
  expect([what, remedy]).toEqual([
    'there is no doas on the host (doas: not found)',
    expect.stringContaining('as root'),
  ]);
});

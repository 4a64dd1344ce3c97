import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { connect } from '../../src/hosts/connect.ts';
import type { Host } from '../../src/hosts/fleet.ts';
import { localShell } from '../../src/hosts/local.ts';
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

test('its shell is out of reach of an interrupt typed on the terminal, and gone after close', async () => {
  const session = await connect(here(), fleetOf());
  const [answer] = await session.exchange([ask('echo $$; ps -o pgid= -p $$')]);
  const [pid = '', group = ''] = `${answer?.stdout}`.trim().split(/\s+/);
  expect(group).toBe(pid);
  await session.close();
  expect(existsSync(`/proc/${pid}`)).toBe(false);
});

test('what hangs there is ended with the session, with all that it started', async () => {
  const session = await connect(here(), fleetOf(), { silenceSeconds: 0.3 });
  const [answer] = await session.exchange([ask('echo $$')]);
  const failure = await session.exchange([step('sleep 98765 & sleep 98765', 'a nap')]).catch(error => error);
  expect(failure.what).toBe('not a byte in 0.3 s while running "a nap"');
  await session.close();
  const pid = `${answer?.stdout}`.trim();
  const isLeft = (): boolean => existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`).length > 0;
  expect(isLeft()).toBe(false);
});

test('doas that refuses is told in its own words', async () => {
  const session = await connect(here('doas'), fleetOf());
  const failure = await session.exchange([ask('echo')]).catch(error => error);
  expect(failure.what).toMatch(/^(doas|there is no doas)/);
  expect(failure.remedy).toMatch(/doas\.conf/);
});

test('a machine without doas says so, and leaves nothing behind', async () => {
  const path = process.env.PATH;
  process.env.PATH = '/nonexistent';
  const shell = localShell('doas');
  process.env.PATH = path;
  expect(await shell.ended).toEqual({ of: 'shell', how: 'doas: not found' });
  await shell.close();
});

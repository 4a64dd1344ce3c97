import { mkdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Failure } from '../../src/run/failure.ts';
import { bareLock, bareLockSection, locked, lockSection, unlockSection } from '../../src/run/lock.ts';
import { answer } from '../answers.ts';
import { pdksh } from '../hosts/shells.ts';
import { type Sandbox, sandbox } from './sandbox.ts';

const take = (seen = ''): string => lockSection(seen).script;

describe.each(pdksh)('the lock under %s', shell => {
  let host: Sandbox;
  beforeEach(() => {
    host = sandbox(shell);
  });
  afterEach(() => host.remove());

  it('is held while the session exists, and released when it has ended', async () => {
    const session = await host.open(take());
    expect(host.has('var/run/mailtun.lock/owner')).toBe(true);
    await session.end();
    expect(host.has('var/run/mailtun.lock')).toBe(false);
  });

  it('shows a second run who holds it and since when', async () => {
    const first = await host.open(take(), 'RUN-1');
    const second = await host.run(take(), 'RUN-2');
    expect(second.exit).toBe(75);
    expect(second.stderr).toMatch(
      /^jay@desk has been changing it since \d{4}-\d\d-\d\dT[\d:]+Z \(process \d+ there\)$/m,
    );
    expect(host.has('var/run/mailtun.lock')).toBe(true);
    await first.end();
    expect((await host.run(take(), 'RUN-2')).exit).toBe(0);
  });

  it('of a host whose disk is full is not taken, and the reason is reported', async () => {
    const { exit, stderr } = await host.run(`trap '' XFSZ; ulimit -f 0\n${take()}`);
    expect(stderr).toContain('/var/run/mailtun.lock: could not be written; is the disk full?');
    expect([exit, host.has('var/run/mailtun.lock')]).toEqual([1, false]);
  });

  it('is taken in the first exchange only on a host that no run has changed', async () => {
    const early = async (run: string) => bareLock(answer('', (await host.run(bareLockSection.script, run)).exit));
    const first = await host.open(bareLockSection.script, 'RUN-1');
    expect(host.has('var/run/mailtun.lock/owner')).toBe(true);
    expect(await early('RUN-2')).toBe('taken');
    await first.end();
    expect(await early('RUN-2')).toBe('locked');
    host.write('var/db/mailtun/original/list', '');
    expect(await early('RUN-2')).toBe('none');
    expect(host.has('var/run/mailtun.lock')).toBe(false);
  });

  it('is released by its own session, and by no other', async () => {
    const first = await host.open(take(), 'RUN-1');
    await host.run(unlockSection.script, 'RUN-2');
    expect(host.has('var/run/mailtun.lock')).toBe(true);
    await first.end();
    const second = await host.open(`${take()} \n) </dev/null; ( ${unlockSection.script}`, 'RUN-1');
    expect(host.has('var/run/mailtun.lock')).toBe(false);
    await second.end();
  });

  it('of a shell that was killed is taken over, with a note', async () => {
    const first = await host.open(take(), 'RUN-1');
    await first.kill();
    expect(host.has('var/run/mailtun.lock')).toBe(true);
    const second = await host.run(take(), 'RUN-2');
    expect(second.exit).toBe(0);
    expect(second.stdout).toMatch(/^note took over the lock of jay@desk since \S+Z, whose shell is gone$/m);
  });

  it('whose process id now belongs to another process is taken over', async () => {
    host.write('var/run/mailtun.lock/owner', `RUN-1\n${process.pid}\n0 Thu Jan 1 00:00:00 1970\nsince\nana@desk\n`);
    expect((await host.run(take(), 'RUN-2')).stdout).toContain('took over the lock of ana@desk');
  });

  it('whose shell exists remains held when the clock is set, however old it seems', async () => {
    const first = await host.open(take(), 'RUN-1');
    host.program('sysctl', 'echo 3600');
    host.program('ps', 'echo Sun Nov 22 09:00:00 2026');
    utimesSync(join(host.dir, 'var/run/mailtun.lock/owner'), 0, Date.now() / 1000 - 3600);
    expect((await host.run(take(), 'RUN-2')).exit).toBe(75);
    await first.end();
  });

  it('whose shell has been idle for ten minutes is taken over, and that shell exits', async () => {
    const first = await host.open(take(), 'RUN-1');
    utimesSync(join(host.dir, 'var/run/mailtun.lock/owner'), 0, Date.now() / 1000 - 700);
    expect((await host.run(take(), 'RUN-2')).stdout).toMatch(/, whose shell had nothing to do for ten minutes$/m);
    await first.ended;
  });

  it('that cannot be made is reported with the message of the host, not as another run', async () => {
    host.program('mkdir', 'echo "mkdir: $1: No space left on device" >&2; exit 1');
    const { exit, stderr } = await host.run(take());
    expect([exit, stderr]).toEqual([1, expect.stringMatching(/^mkdir: .*: No space left on device$/m)]);
  });

  it('that is stale is not waited for endlessly if it cannot be removed', async () => {
    host.write('var/run/mailtun.lock/owner', 'RUN-0\n999999\nlong ago\nsince\nana@desk\n');
    host.program('mkdir', 'exit 1');
    expect((await host.run(take())).exit).toBe(75);
  });

  it('whose owner cannot be recorded is released again', async () => {
    host.program('mv', 'exit 1');
    expect((await host.run(take())).exit).toBe(1);
    expect(host.has('var/run/mailtun.lock')).toBe(false);
  });

  it('without an owner is taken over after ten seconds, not before', async () => {
    const folder = join(host.dir, 'var/run/mailtun.lock');
    mkdirSync(folder);
    expect((await host.run(take())).exit).toBe(75);
    utimesSync(folder, 0, Date.now() / 1000 - 12);
    expect((await host.run(take())).exit).toBe(0);
  });

  it('without an owner is taken over even if the clock was set back', async () => {
    const folder = join(host.dir, 'var/run/mailtun.lock');
    mkdirSync(folder);
    utimesSync(folder, 0, Date.now() / 1000 + 3600);
    expect((await host.run(take())).exit).toBe(0);
  });

  it('is taken over by exactly one of several runs that find it stale', async () => {
    host.write('var/run/mailtun.lock/owner', 'RUN-0\n999999\nlong ago\nsince\nana@desk\n');
    const held = `( ${take()} ) && while [ ! -e ${host.dir}/stop ]; do sleep 0.1; done`;
    const exits: number[] = [];
    await Promise.all(
      Array.from({ length: 6 }, async (_, index) => {
        exits.push((await host.run(held, `RUN-${index + 1}`)).exit);
        if (exits.length === 5) host.write('stop', '');
      }),
    );
    expect(exits).toEqual([75, 75, 75, 75, 75, 0]);
  });

  it('moves with its run to another session', async () => {
    const first = await host.open(take(), 'RUN-1');
    const again = await host.open(take(), 'RUN-1');
    await first.end();
    expect(host.has('var/run/mailtun.lock')).toBe(true);
    await again.end();
    expect(host.has('var/run/mailtun.lock')).toBe(false);
  });

  it('shows that somebody else has changed the host since it was asked', async () => {
    host.write('var/db/mailtun/undo/20261122T080000Z-0001/list', 'created /etc/x\n');
    expect((await host.run(take(''))).stdout).toContain('changed');
    expect((await host.run(take('20261122T080000Z-0001'))).stdout).not.toContain('changed');
  });

  it('removes kept runs to make room, the oldest first', async () => {
    for (let day = 10; day < 25; day++) host.write(`var/db/mailtun/undo/202611${day}T000000Z-0000/list`, '');
    await host.run(take());
    const left = Array.from({ length: 15 }, (_, index) =>
      host.has(`var/db/mailtun/undo/202611${index + 10}T000000Z-0000`),
    );
    expect(left.filter(Boolean)).toHaveLength(9);
    expect(left.at(-1)).toBe(true);
  });
});

describe('the result of locking', () => {
  it('is a failure that names the holder', () => {
    expect(() => locked('namorar', answer('', 75, 'ana@desk has been changing it since then\n'))).toThrow(
      expect.objectContaining<Partial<Failure>>({
        code: 'lock-held',
        what: 'ana@desk has been changing it since then',
        where: 'namorar',
      }),
    );
  });

  it('is a note if the lock was taken over', () => {
    expect(locked('namorar', answer('note took over the lock\nchanged\n'))).toEqual({
      notes: ['took over the lock'],
      changedMeanwhile: true,
    });
  });
});

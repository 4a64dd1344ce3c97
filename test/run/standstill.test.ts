import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KeptRun, keptFor, keptRuns, putBackStep, startSection, stopSection } from '../../src/run/kept.ts';
import { script } from '../../src/run/quoting.ts';
import { ROLLBACK } from '../../src/tasks/rollback.ts';
import { pdksh } from '../hosts/shells.ts';
import { type Sandbox, sandbox } from './sandbox.ts';

const MARK = 'var/run/mailtun.stopped';
const [STOP, START] = ['rcctl stop smtpd', 'rcctl -f restart smtpd'];

describe.each(pdksh)('smtpd that stops until all hosts are ready, under %s', shell => {
  let host: Sandbox;
  beforeEach(async () => {
    host = sandbox(shell);
    host.program('smtpd', ':');
    host.program('pgrep', '[ ! -e DIR/stopped ] && [ "$1" = -x ]');
    // As one that is disabled, it starts with -f alone (rc.subr).
    host.program(
      'rcctl',
      `echo "rcctl $*" >>DIR/calls
      case $* in stop*) . DIR/stopping; : >DIR/stopped;; '-f '*) rm -f DIR/stopped;; start*) exit 1;; esac`,
    );
    host.write('stopping', '');
    // Seconds pass when the test says so.
    host.program('sleep', '[ "$1" != 1 ] || until [ -e DIR/minute ] || [ ! -d DIR ]; do /bin/sleep 0.02; done');
    host.write('etc/mail/smtpd.conf', 'action "earlier" mbox\n');
    await host.run(
      'keep /etc/mail/smtpd.conf && print \'action "later" mbox\' >/etc/mail/smtpd.conf; keep_running service smtpd',
      'RUN-1',
    );
  });
  afterEach(() => host.remove());

  const asked = async (): Promise<KeptRun> => {
    const { script: text, args } = keptFor(ROLLBACK).command;
    const run = keptRuns((await host.run(script(text, ...args))).stdout).findLast(one => one.name === 'RUN-1');
    if (!run) throw new Error('nothing is kept');
    return run;
  };
  const stops = async (run = 'RUN-9') => host.run(stopSection(await asked(), [], ROLLBACK).script, run);
  const restores = async (run = 'RUN-9') => {
    const { command } = putBackStep(await asked(), [], ROLLBACK);
    return host.run(script(command.script, ...command.args), run);
  };
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await delay(20);
  };
  const minutePasses = async (): Promise<void> => {
    host.write('minute', '');
    await until(() => !host.has('stopped'));
  };

  it('starts again by itself a minute after a run that died', async () => {
    expect(await stops()).toMatchObject({ exit: 0, stderr: '' });
    expect([host.read(MARK), host.calls]).toEqual(['RUN-9\n', [STOP]]);
    await minutePasses();
    expect([host.has(MARK), host.calls]).toEqual([false, [STOP, START]]);
  });
  it('starts again where it is not restored after all', async () => {
    await stops();
    expect(await host.run(startSection(ROLLBACK).script, 'RUN-9')).toMatchObject({ exit: 0, stderr: '' });
    expect([host.has(MARK), host.calls]).toEqual([false, [STOP, START]]);
  });
  it('starts again, and the step fails, where the minute is over before it has stopped', async () => {
    host.write('stopping', `: >${host.dir}/minute; while [ -e ${host.dir}/${MARK} ]; do /bin/sleep 0.02; done`);
    expect(await stops()).toMatchObject({ exit: 1, stderr: expect.stringContaining('took too long') });
    expect([host.has(MARK), host.has('stopped'), host.calls]).toEqual([false, false, [STOP, START]]);
  });
  it('starts again, and the step fails, where it cannot be noted that it stops', async () => {
    await host.run(`mkdir ${host.dir}/${MARK}`);
    expect(await stops()).toMatchObject({ exit: 1, stderr: expect.stringContaining('could not be written') });
    expect([host.has('stopped'), host.has('calls')]).toEqual([false, false]);
  });
  it('starts once where two runs have died', async () => {
    await stops('RUN-8');
    expect(await stops('RUN-9')).toMatchObject({ exit: 0, stderr: '' });
    expect(host.read(MARK)).toBe('RUN-9\n');
    await minutePasses();
    expect([host.has(MARK), host.calls]).toEqual([false, [STOP, START]]);
  });
  it('counts as running where it is restored, also by another run', async () => {
    await stops('RUN-8');
    expect(await restores('RUN-9')).toMatchObject({ exit: 0, stderr: '' });
    expect(host.read('var/db/mailtun/undo/RUN-1/taken/list')).toContain('service smtpd running');
    expect([host.has(MARK), host.has('stopped')]).toEqual([false, false]);
    expect(host.read('etc/mail/smtpd.conf')).toBe('action "earlier" mbox\n');
    expect(host.calls.filter(call => !call.includes('check'))).toEqual([STOP, 'rcctl -f restart smtpd']);
  });
  it('stays as it was before the run that is undone', async () => {
    const list = 'var/db/mailtun/undo/RUN-1/list';
    host.write(list, host.read(list).replace('smtpd running', 'smtpd stopped'));
    await stops();
    expect(await restores()).toMatchObject({ exit: 0, stderr: '' });
    expect([host.has(MARK), host.calls]).toEqual([false, [STOP, STOP]]);
  });
  it('goes on where it would not start again with the files that are there', async () => {
    host.program('smtpd', 'echo "syntax error" >&2; exit 1');
    expect(await stops()).toMatchObject({ exit: 0, stderr: '' });
    expect([host.has(MARK), host.has('calls')]).toEqual([false, false]);
  });
  it('is left alone where it does not run', async () => {
    host.write('stopped', '');
    expect(await stops()).toMatchObject({ exit: 0, stderr: '' });
    expect([host.has(MARK), host.has('calls')]).toEqual([false, false]);
  });
});

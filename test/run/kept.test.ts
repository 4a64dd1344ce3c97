import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { finishStep, isRisky, type KeptRun, keptFor, keptRuns, putBackStep } from '../../src/run/kept.ts';
import { script } from '../../src/run/quoting.ts';
import type { Step } from '../../src/run/resource.ts';
import { ROLLBACK } from '../../src/tasks/rollback.ts';
import { pdksh } from '../hosts/shells.ts';
import { type Sandbox, sandbox } from './sandbox.ts';

describe.each(pdksh)('undo under %s', shell => {
  let host: Sandbox;
  beforeEach(() => {
    host = sandbox(shell);
  });
  afterEach(() => host.remove());

  const asked = async (): Promise<readonly KeptRun[]> =>
    keptRuns(
      (await host.run(script(keptFor(ROLLBACK).command.script, ...keptFor(ROLLBACK).command.args), 'RUN-9')).stdout,
    );
  const does = (step: Step) => host.run(script(step.command.script, ...step.command.args), 'RUN-9');
  const newest = async (): Promise<KeptRun> => {
    const run = (await asked()).findLast(one => one.name !== 'original');
    if (!run) throw new Error('nothing is kept');
    return run;
  };
  const change = (text: string): string => `keep /etc/hosts && print -rn ${text} >/etc/hosts`;

  it('finds every run with what it kept, and the state before all of them', async () => {
    host.write('etc/hosts', 'bare');
    await host.run(`${change('one')}; keep_running interface wg0`, 'RUN-1');
    await host.run(change('two'), 'RUN-2');
    const runs = await asked();
    expect(runs.map(run => run.name)).toEqual(['original', 'RUN-1', 'RUN-2']);
    expect(runs[1]?.kept).toEqual([
      { how: 'replaced', name: `${host.dir}/etc/hosts`, state: '' },
      { how: 'interface', name: 'wg0', state: 'absent' },
    ]);
    expect(runs.map(one => isRisky(one, ROLLBACK))).toEqual([true, true, false]);
  });

  it('goes one run further back each time', async () => {
    host.write('etc/hosts', 'bare');
    await host.run(change('one'), 'RUN-1');
    await host.run(change('two'), 'RUN-2');
    for (const text of ['one', 'bare']) {
      const run = await newest();
      expect((await does(putBackStep(run, [], ROLLBACK))).exit).toBe(0);
      expect((await does(finishStep(run, []))).exit).toBe(0);
      expect(host.read('etc/hosts')).toBe(text);
    }
    expect((await asked()).map(run => run.name)).toEqual(['original']);
  });

  it('keeps no part of a file when the disk is full', async () => {
    host.write('etc/hosts', 'bare');
    const full = 'cp() { print -rn ba >"$3"; print -u2 "cp: $3: No space left on device"; return 1; }';
    const { exit } = await host.run(`${full}\n${change('one')}`, 'RUN-1');
    expect([exit, host.read('etc/hosts')]).toEqual([1, 'bare']);
    expect((await host.run(`find ${host.dir}/var/db/mailtun -name hosts`, 'RUN-2')).stdout).toBe('');
  });

  it('shows an interface as ifconfig printed it', async () => {
    host.write('interfaces/wg0', 'wg0: flags=80c3<UP> mtu 1420\n\twgport 6900\n');
    await host.run('keep_running interface wg0', 'RUN-1');
    expect((await newest()).saved.get('wg0')).toBe('wg0: flags=80c3<UP> mtu 1420\n\twgport 6900\n');
  });

  it('restores the present files if a program rejects the old one', async () => {
    host.write('etc/mail/smtpd.conf', 'old');
    host.program('smtpd', 'echo "syntax error" >&2; exit 1');
    await host.run(
      'keep /etc/mail/smtpd.conf && print -rn new >/etc/mail/smtpd.conf; keep_running service smtpd',
      'RUN-1',
    );
    const { exit, stderr } = await does(putBackStep(await newest(), [], ROLLBACK));
    expect([exit, stderr.trim().split('\n')]).toEqual([
      1,
      [
        'syntax error',
        `smtpd -n refuses the old ${host.dir}/etc/mail/smtpd.conf, kept as ${host.dir}/var/db/mailtun/undo/RUN-1/files${host.dir}/etc/mail/smtpd.conf; the files are as they were before`,
      ],
    ]);
    expect(host.read('etc/mail/smtpd.conf')).toBe('new');
    expect(host.calls).toEqual([]);
  });

  it('restores a file that its program rejects where that did not run before', async () => {
    host.write('etc/mail/smtpd.conf', 'old');
    host.write('stopped', '');
    host.program('smtpd', 'exit 1');
    await host.run(
      'keep /etc/mail/smtpd.conf && print -rn new >/etc/mail/smtpd.conf; keep_running service smtpd',
      'RUN-1',
    );
    expect((await does(putBackStep(await newest(), [], ROLLBACK))).exit).toBe(0);
    expect([host.read('etc/mail/smtpd.conf'), host.calls]).toEqual(['old', ['rcctl stop smtpd']]);
  });

  it('stops sending as long as smtpd runs with the newer files and /etc/hosts may lack its names', async () => {
    host.write('etc/hosts', 'former');
    host.program('smtpctl', `echo "$* $(cat DIR/etc/hosts)" >>DIR/calls`);
    await host.run(`${change('later')}; keep_running service smtpd`, 'RUN-1');
    expect((await does(putBackStep(await newest(), [], ROLLBACK))).exit).toBe(0);
    const calls = host.calls.filter(call => !/show|mda/.test(call));
    expect(calls).toEqual(['pause mta later', 'pause mta former', 'rcctl -f restart smtpd', 'resume mta former']);
  });

  const withQueue = async (
    action: string,
    earlier = 'action "earlier" mbox',
    service = '; keep_running service smtpd running',
  ): Promise<Step> => {
    host.write('etc/mail/smtpd.conf', `${earlier}\n`);
    // Mail is taken until smtpd has ended.
    const arrives = `mkdir -p DIR/var/spool/smtpd/queue/0a/0a0b0c0d
      printf 'version: 3\\ndispatcher: ${action}\\n' >DIR/var/spool/smtpd/queue/0a/0a0b0c0d/0a0b0c0d00000001`;
    host.program('smtpd', ':');
    host.program('pgrep', '[ ! -e DIR/stopped ] && [ "$1" = -x ]');
    host.program(
      'rcctl',
      `echo "rcctl $*" >>DIR/calls
      case $* in check*) [ ! -e DIR/stopped ];; stop*) ${arrives}; : >DIR/stopped;; *) rm -f DIR/stopped;; esac`,
    );
    const change = 'keep /etc/mail/smtpd.conf && print \'action "later" mbox\' >/etc/mail/smtpd.conf';
    await host.run(`${change}${service}`, 'RUN-1');
    return putBackStep(await newest(), [], ROLLBACK);
  };
  it('of a run that ended before it restarted smtpd starts it again', async () => {
    expect(await does(await withQueue('earlier', undefined, ''))).toMatchObject({ exit: 0, stderr: '' });
    expect(host.read('etc/mail/smtpd.conf')).toBe('action "earlier" mbox\n');
    expect(host.calls).toEqual(['rcctl stop smtpd', 'rcctl -f restart smtpd']);
  });
  it('goes on to the end if nobody hears it any more', async () => {
    const { command } = await withQueue('earlier');
    host.program('smtpd', 'echo configuration OK >&2\nexit 0');
    const text = script(command.script, ...command.args);
    const [ended, deaf] = [`>${host.dir}/ended`, `exec <&-; until [ -e ${host.dir}/ended ]; do sleep 0.1; done`];
    await host.run(`{ ( ${text}\n); : ${ended}; } 2>&1 | { ${deaf}; }`, 'RUN-9');
    expect(host.read('etc/mail/smtpd.conf')).toBe('action "earlier" mbox\n');
    expect(host.calls.filter(call => !call.includes('check')).at(-1)).toBe('rcctl -f restart smtpd');
  });
  it('leaves smtpd stopped where it was', async () => {
    const step = await withQueue('earlier', undefined, '');
    await host.run("sed -i '$a service smtpd stopped' /var/db/mailtun/undo/RUN-1/list", 'RUN-2');
    host.write('var/run/rc.d/smtpd', 'daemon_class=smtpd\n');
    expect(await does(step)).toMatchObject({ exit: 0, stderr: '' });
    expect(host.calls).toEqual(['rcctl stop smtpd', 'rcctl stop smtpd']);
    // rc.subr(8) leaves the stamp of what has ended already; with it, mailtun-start would start smtpd.
    expect(host.has('var/run/rc.d/smtpd')).toBe(false);
  });
  it('leaves a smtpd.conf whose actions mail has come for in the last moment', async () => {
    const { exit, stderr } = await does(await withQueue('later'));
    expect([exit, stderr]).toEqual([1, 'mail is queued for the action later; run the same command again\n']);
    expect(host.read('etc/mail/smtpd.conf')).toBe('action "later" mbox\n');
    expect(host.calls).toEqual(['rcctl stop smtpd', 'rcctl -f restart smtpd']);
  });
  it('leaves a smtpd.conf with which mail that has come in the last moment would not be read', async () => {
    const { exit, stderr } = await does(await withQueue('later', 'queue compression\naction "later" maildir'));
    expect([exit, stderr]).toEqual([
      1,
      'mail is queued in a form that smtpd would not read with the earlier smtpd.conf\n',
    ]);
    expect(host.read('etc/mail/smtpd.conf')).toBe('action "later" mbox\n');
    expect(host.calls).toEqual(['rcctl stop smtpd', 'rcctl -f restart smtpd']);
  });
  it('leaves a smtpd.conf whose actions queued mail needs although smtpd does not run', async () => {
    const step = await withQueue('later');
    await host.run('rcctl stop smtpd', 'RUN-2');
    expect(await does(step)).toMatchObject({ exit: 1 });
    expect(host.read('etc/mail/smtpd.conf')).toBe('action "later" mbox\n');
    expect(host.calls).toEqual(['rcctl stop smtpd']);
  });
  it('starts smtpd again with the present files if it rejects the old one', async () => {
    const step = await withQueue('earlier');
    host.program('smtpd', 'exit 1');
    expect(await does(step)).toMatchObject({ exit: 1 });
    expect(host.read('etc/mail/smtpd.conf')).toBe('action "later" mbox\n');
    expect(host.calls).toEqual(['rcctl stop smtpd', 'rcctl -f restart smtpd']);
  });
  it('restores it if that mail has an action there', async () => {
    expect(await does(await withQueue('earlier'))).toMatchObject({ exit: 0, stderr: '' });
    expect(host.read('etc/mail/smtpd.conf')).toBe('action "earlier" mbox\n');
    expect(host.calls.filter(call => !call.includes('check'))).toEqual(['rcctl stop smtpd', 'rcctl -f restart smtpd']);
  });

  it('of everything keeps the keys and remembers that mailtun made them, and can remove them later', async () => {
    await host.run('keep /root/KEY_PRIVATE; print key >/root/KEY_PRIVATE; keep /etc/made; print x >/etc/made', 'RUN-1');
    const [original] = await asked();
    if (!original) throw new Error('nothing is kept');
    const key = `${host.dir}/root/KEY_PRIVATE`;
    await does(putBackStep(original, [key], ROLLBACK));
    await does(finishStep(original, [key]));
    expect([host.has('root/KEY_PRIVATE'), host.has('etc/made')]).toEqual([true, false]);
    const [left, ...more] = await asked();
    expect([left?.kept.map(one => one.name), more]).toEqual([[key], []]);
    if (left) await does(putBackStep(left, [], ROLLBACK));
    if (left) await does(finishStep(left, []));
    expect([host.has('root/KEY_PRIVATE'), host.has('var/db/mailtun')]).toEqual([false, false]);
  });
});

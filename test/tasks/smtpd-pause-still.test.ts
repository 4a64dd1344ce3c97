/** The look at an smtpd whose dispatcher stands still. */
import { spawn } from 'node:child_process';
import { describe, expect, it, vi } from 'vitest';
import { PAUSE } from '../../src/tasks/smtpd-pause.ts';
import { pdksh } from '../hosts/shells.ts';
import { asked, isIn, isRunning, isStopped, looksOf, running, started } from './pausing.ts';

describe('smtpd that is about to be stopped', () => {
  it('is terminated at that moment', () => {
    const processes = running();
    const said = asked({ smtpctl: ':', processes }, 'pause', 'smtpctl "ended: ${ended:-no}"');
    expect(isRunning(processes)).toBe(false);
    // So that it is only started, without another check of its configuration.
    expect(said.at(-1)).toBe('ended: yes');
  });
  it('has its dispatcher stopped while that is looked up once more', () => {
    const [processes, dispatcher] = [running(), running()];
    const smtpctl = `[ "$2" != stats ] || ps -o stat= -p ${dispatcher} | cut -c1 >>"$0.said"`;
    const said = asked({ smtpctl, processes, dispatcher }, 'pause');
    expect(said.slice(2)).toEqual(['show stats', 'S', 'show stats', 'T']);
    expect([isRunning(processes), isStopped(dispatcher)]).toEqual([false, false]);
    process.kill(Number(dispatcher));
  });
  it('has its dispatcher go on while it does something, and is not looked at for ever', () => {
    const [processes, dispatcher] = [running(), running()];
    // At every second time, which is while it is stopped.
    const smtpctl =
      '[ "$2" != stats ] || case $(grep -c "show stats" "$0.said") in *[02468]) echo mta.task.running=1;; esac';
    expect(looksOf(asked({ smtpctl, processes, dispatcher }, 'pause'))).toBe(70);
    expect([isRunning(processes), isStopped(dispatcher)]).toEqual([false, false]);
    process.kill(Number(dispatcher));
  });
  it('has its dispatcher go on while sendmail(8) waits for it', () => {
    const [processes, dispatcher] = [running(), running()];
    expect(looksOf(asked({ smtpctl: ':', processes, dispatcher, sending: 2 }, 'pause'))).toBe(6);
    expect([isRunning(processes), isStopped(dispatcher)]).toEqual([false, false]);
    process.kill(Number(dispatcher));
  });
  it('is not stopped where its dispatcher has gone on by itself during the look', () => {
    const [processes, dispatcher] = [running(), running()];
    const until = (state: string): string => `until ${isIn(state, dispatcher)}; do sleep 0.1; done`;
    // For longer than it may take, which is why it is asked to end.
    const slowly = `[ $(grep -c stats "$0.said")$2 != 2stats ] || { trap '' TERM; ${until('T')}; ${until('[!T]')}; }`;
    expect(looksOf(asked({ smtpctl: slowly, processes, dispatcher }, 'pause'))).toBe(4);
    expect([isRunning(processes), isStopped(dispatcher)]).toEqual([false, false]);
    process.kill(Number(dispatcher));
  });
  it('has its dispatcher go on when its queue has ended, and only then', () => {
    const dispatcher = running();
    const processes = started(
      `trap 'while ${isIn('T', dispatcher)}; do sleep 0.1; done; exit' TERM; while :; do sleep 0.1; done`,
    );
    const pgrep = `case $* in *queue*) said=\${0%/*}/smtpctl.said; ps -o stat= -p ${dispatcher} | cut -c1 >>$said; [ $(grep -c T $said) -ge 3 ] && exit 1; exit 0;; esac`;
    const said = asked({ smtpctl: ':', processes, dispatcher, pgrep }, 'pause');
    expect(said.slice(2)).toEqual(['show stats', 'show stats', 'T', 'T', 'T']);
    expect([isRunning(processes), isStopped(dispatcher)]).toEqual([false, false]);
    process.kill(Number(dispatcher));
  });
  it('has its dispatcher go on by itself where the run is killed meanwhile', async () => {
    const [processes, dispatcher] = [running(), running()];
    const smtpctl =
      '[ "$2" != stats ] || case $(grep -c "show stats" "$0.said") in 2) kill -KILL $(cat "${0%/*}/shell");; esac';
    const killed = () => asked({ smtpctl, processes, dispatcher }, 'echo $$ >"${PATH%%:*}/shell"', 'pause');
    expect(killed).toThrow();
    await vi.waitUntil(() => !isStopped(dispatcher), { timeout: 20_000, interval: 100 });
    expect(isRunning(processes)).toBe(true);
    for (const pid of [processes, dispatcher]) process.kill(Number(pid));
  });
});

describe.each(pdksh)('a dispatcher that was stopped by a shell which is killed: %s', shell => {
  it.each(['alone', 'with its process group'])('goes on by itself within seconds (%s)', async how => {
    const dispatcher = running();
    const child = spawn(shell, ['-c', `${PAUSE}\n_freeze ${dispatcher}; sleep 30`], {
      detached: true,
      stdio: 'ignore',
    });
    await vi.waitFor(() => expect(isStopped(dispatcher)).toBe(true), 3000);
    process.kill(how === 'alone' ? Number(child.pid) : -Number(child.pid), 'SIGKILL');
    await vi.waitFor(() => expect(isStopped(dispatcher)).toBe(false), { timeout: 6000, interval: 100 });
    process.kill(Number(dispatcher));
  });
});

/** How smtpd is brought to rest before it is stopped, by programs and a spool of the test's own. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { PAUSE, TRAFFIC } from '../../src/tasks/smtpd-pause.ts';
import { pdksh } from '../hosts/shells.ts';

interface Rest {
  /** What smtpctl(8) does; `$0.said` has what it was asked, `$spool` is the spool. */
  readonly smtpctl: string;
  /** What pgrep(1) prints: the process ids of smtpd. */
  readonly processes?: string;
  /** Of them its dispatcher. */
  readonly dispatcher?: string;
  /** At how many looks for it sendmail(8) is running. */
  readonly sending?: number;
  /** The exit status of smtpd -n. */
  readonly refused?: number;
}

/** What smtpctl was asked. */
function asked(
  { smtpctl, processes = '', dispatcher = '', sending = 0, refused = 0 }: Rest,
  ...call: readonly string[]
): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'pause-'));
  const spool = join(folder, 'spool');
  for (const name of ['incoming', 'queue']) mkdirSync(join(spool, name), { recursive: true });
  const programs = {
    smtpctl: `echo "$*" >>"$0.said"\nspool=${spool}\n${smtpctl}`,
    pgrep: `case $* in *sendmail*) echo >>"$0.sent"; [ $(wc -l <"$0.sent") -le ${sending} ];; *dispatcher*) echo '${dispatcher}';; *) echo '${processes}';; esac`,
    smtpd: `exit ${refused}`,
  };
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  execFileSync('/bin/sh', ['-c', [hereIn(folder, PAUSE), hereIn(folder, TRAFFIC), ...call].join('\n')], {
    env: { PATH: `${folder}:${process.env.PATH}` },
  });
  return readFileSync(join(folder, 'smtpctl.said'), 'utf8').trim().split('\n');
}

const hereIn = (folder: string, text: string): string =>
  text.replaceAll('/var/spool/smtpd', join(folder, 'spool')).replaceAll('/var/run', folder);

/** A process that stands for smtpd. */
const running = (): string =>
  execFileSync('/bin/sh', ['-c', 'sleep 60 >/dev/null 2>&1 & echo $!'], { encoding: 'utf8' }).trim();

const isRunning = (pid: string): boolean => {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
};

/** Whether a process is stopped by a signal. */
const isStopped = (pid: string): boolean =>
  execFileSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' }).startsWith('T');

const looksOf = (said: readonly string[]): number => said.filter(line => line === 'show stats').length;

/** Prints a counter of smtpd's at the first look, and nothing more later. */
const once = (counter: string): string =>
  `[ "$2" != stats ] || { [ -e "$0.once" ] || echo ${counter}; : >"$0.once"; echo mta.task=3; }`;

describe('smtpd that is about to be stopped', () => {
  it.each(['mta.task.running=1', 'mda.running=1', 'scheduler.envelope.incoming=12'])(
    'sends nothing more, and finishes what it has begun (%s)',
    counter =>
      expect(asked({ smtpctl: once(counter) }, 'pause')).toEqual([
        'pause mta',
        'pause mda',
        ...['show stats', 'show stats', 'show stats'],
      ]),
  );
  it('is stopped if no mail came between two checks', () => {
    const comes =
      '[ "$2" != stats ] || { echo >>"$0.looks"; [ $(wc -l <"$0.looks") -gt 4 ] || mkdir -p "$spool/queue/ab/$$"; }';
    expect(looksOf(asked({ smtpctl: comes }, 'pause'))).toBe(5);
  });
  it('does not wait for what was unfinished before it started', () =>
    expect(looksOf(asked({ smtpctl: 'mkdir -p "$spool/incoming/01ae4af6"' }, 'pause'))).toBe(2));
  it('is not waited for if it delivers for longer', () =>
    expect(looksOf(asked({ smtpctl: '[ "$2" != stats ] || echo mda.running=2' }, 'pause'))).toBe(20));
  it('is stopped at once if smtpctl fails', () => expect(asked({ smtpctl: 'exit 1' }, 'pause')).toEqual(['pause mta']));
  it('continues if it is not stopped after all', () =>
    expect(asked({ smtpctl: ':' }, 'trap resume EXIT', 'pause', 'exit 0')).toEqual([
      ...['pause mta', 'pause mda'],
      ...['show stats', 'show stats'],
      ...['resume mta', 'resume mda'],
    ]));
  it('accepts mail until then, since sendmail(8) would fail if it were paused', () =>
    expect(asked({ smtpctl: ':' }, 'pause')).not.toContain('pause smtp'));
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
    expect(looksOf(asked({ smtpctl, processes, dispatcher }, 'pause'))).toBe(30);
    expect([isRunning(processes), isStopped(dispatcher)]).toEqual([false, false]);
    process.kill(Number(dispatcher));
  });
  it('has its dispatcher go on while sendmail(8) waits for it', () => {
    const [processes, dispatcher] = [running(), running()];
    expect(looksOf(asked({ smtpctl: ':', processes, dispatcher, sending: 2 }, 'pause'))).toBe(6);
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
  it.each([
    ['it could not start again', { refused: 1 }],
    ['nobody knows which process it is', { more: '\n1' }],
  ])('is left to rcctl(8) if %s', (_, { refused = 0, more = '' }: { refused?: number; more?: string }) => {
    const pid = running();
    const said = asked({ smtpctl: ':', processes: `${pid}${more}`, refused }, 'pause', 'smtpctl "ended: ${ended:-no}"');
    expect(isRunning(pid)).toBe(true);
    expect(said.at(-1)).toBe('ended: no');
    process.kill(Number(pid));
  });
});

describe('a tunnel that is about to be changed', () => {
  it('waits until smtpd has sent what it has begun', () =>
    expect(asked({ smtpctl: once('mta.task=2').replace('mta.task=3', 'mta.task=0') }, 'hold', 'release')).toEqual([
      'pause mta',
      ...['show stats', 'show stats', 'show stats'],
      ...['resume mta', 'show status'],
    ]));
  it('does not wait for a destination that takes longer', () =>
    expect(looksOf(asked({ smtpctl: '[ "$2" != stats ] || echo mta.task=1' }, 'hold'))).toBe(50));
  it('does not wait if smtpd does not run, or if an admin has paused it', () =>
    expect(asked({ smtpctl: 'exit 1' }, 'hold', 'release')).toEqual(['pause mta']));
  it('makes a restart find smtpd paused, and pause the rest', () =>
    expect(asked({ smtpctl: ':' }, 'hold', 'pause').filter(line => line.startsWith('pause'))).toEqual([
      'pause mta',
      'pause mda',
    ]));
  it('has smtpd resumed again if it was too busy', () =>
    expect(
      asked(
        { smtpctl: '[ "$*" != "show status" ] || [ -e "$0.twice" ] || { : >"$0.twice"; echo MTA paused; }' },
        'hold',
        'release',
      ).filter(line => line === 'resume mta'),
    ).toHaveLength(2));
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

/** An smtpd that is to come to rest, by programs and a spool of the test's own. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PAUSE, TRAFFIC } from '../../src/tasks/smtpd-pause.ts';

interface Rest {
  /** What smtpctl(8) does; `$0.said` has what it was asked, `$spool` is the spool. */
  readonly smtpctl: string;
  /** What pgrep(1) prints: the process ids of smtpd. */
  readonly processes?: string;
  /** Of them its dispatcher. */
  readonly dispatcher?: string;
  /** At how many looks for it sendmail(8) is running. */
  readonly sending?: number;
  /** What the others do that pgrep(1) is asked for. */
  readonly pgrep?: string;
  /** For how many seconds smtpd has been running. */
  readonly uptime?: number;
  /** The exit status of smtpd -n. */
  readonly refused?: number;
  /** What other programs do; `$0.said` has what each was asked. */
  readonly others?: Readonly<Record<string, string>>;
}

/** What smtpctl was asked. */
export function asked(
  { smtpctl, processes = '', dispatcher = '', sending = 0, pgrep = '', refused = 0, uptime = 1, others = {} }: Rest,
  ...call: readonly string[]
): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'pause-'));
  const spool = join(folder, 'spool');
  for (const name of ['incoming', 'offline', 'queue']) mkdirSync(join(spool, name), { recursive: true });
  const programs = {
    smtpctl: `echo "$*" >>"$0.said"\nspool=${spool}\n${smtpctl}\n[ "$2" != stats ] || echo uptime=${uptime}`,
    pgrep: `${pgrep}\ncase $* in *sendmail*) echo >>"$0.sent"; [ $(wc -l <"$0.sent") -le ${sending} ];; *queue*) exit 1;; *dispatcher*) echo '${dispatcher}';; *) echo '${processes}';; esac`,
    smtpd: `exit ${refused}`,
    ifconfig: '',
    ...others,
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

/** Text for sh(1) that goes on in the background: its process id. */
export const started = (text: string): string =>
  execFileSync('/bin/sh', ['-c', `{ ${text}; } >/dev/null 2>&1 & echo $!`], { encoding: 'utf8' }).trim();

/** A process that stands for smtpd. */
export const running = (): string => started('exec sleep 60');

export const isRunning = (pid: string): boolean => {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
};

/** Whether a process is stopped by a signal. */
export const isStopped = (pid: string): boolean =>
  execFileSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' }).startsWith('T');

/** For sh(1): whether its state begins so. */
export const isIn = (state: string, pid: string): string =>
  `case $(ps -o stat= -p ${pid}) in ${state}*) ;; *) false;; esac`;

export const looksOf = (said: readonly string[]): number => said.filter(line => line === 'show stats').length;

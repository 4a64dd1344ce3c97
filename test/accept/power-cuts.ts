/** Power cuts at chosen moments of a run, by a command of the user's, and what is found afterwards. */
import { execFileSync, spawn } from 'node:child_process';
import type { Fleet } from '../../src/hosts/fleet.ts';
import { check, expectSame, NotHere } from './checks.ts';
import { bootOf, mailtun, onHost, type Ran } from './hosts.ts';
import { converged, isWell, mailFlows } from './runs.ts';

interface Moment {
  readonly command: readonly string[];
  /** A line of the run's progress: `HOST: WHAT`; the host in it loses its power. */
  readonly at: RegExp;
  /** Begins with hosts that have been set back. */
  readonly bare?: true;
}

const provision = ['provision', '--take-over'];
const undo = ['undo', '--all', '--keys'];

const MOMENTS: readonly Moment[] = [
  { command: provision, at: /^(\S+): certificates: makes/, bare: true },
  { command: provision, at: /^(\S+): hosts-file: writes/, bare: true },
  { command: provision, at: /^(\S+): packet-filter: loads/, bare: true },
  { command: provision, at: /^(\S+): disarms the dead-man switch/, bare: true },
  { command: provision, at: /^(\S+): smtpd: (?:re)?starts smtpd/, bare: true },
  { command: ['rotate-keys'], at: /^(\S+): prepares the switch/ },
  { command: ['rotate-keys'], at: /^(\S+): switches to the new keys/ },
  { command: ['rotate-keys'], at: /^(\S+): keeps the new keys/ },
  { command: undo, at: /^(\S+): undo: restores/ },
  { command: undo, at: /^(\S+): undo: completes the undo/ },
];

// What somebody else wrote in the files that mailtun edits, and what has NUL bytes in it.
const OWN = `for file in /etc/hosts /etc/mail/aliases /etc/pf.conf /etc/rc.conf.local /var/cron/tabs/root; do
  [ ! -f $file ] || sed -e '/^# mailtun.*: begin/,/^# mailtun.*: end/d' -e '/anchor "mailtun"/d' -e '/^# DO NOT EDIT/d' \\
    -e '/^# (.* installed on /d' -e '/^# (Cron version /d' -e '/^$/d' $file
done | sha256`;
const LOST = `find /etc /root /var/cron/tabs -type f -size +0c ! -name '*.mailtun.*' ! -name '*.db' | while read -r file; do
  [ "$(tr -d '\\000' <"$file" | wc -c)" -eq "$(wc -c <"$file")" ] || print -r -- "$file"; done`;

/** Runs mailtun and cuts a host's power when it says the line. Resolves to that host. @throws NotHere. */
function cutDuring(path: string, { command, at }: Moment, cut: string): Promise<string> {
  const [word = '', ...options] = command;
  const program = process.env.MAILTUN ?? 'dist/mailtun.js';
  const run = spawn(process.execPath, [program, word, path, ...options, '--verbose'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let host: string | null = null;
    let rest = '';
    const look = (chunk: Buffer): void => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const found = at.exec(line.replace(/^ *[\d.]+ s /, ''))?.[1];
        if (found === undefined || host !== null) continue;
        host = found;
        try {
          execFileSync('sh', ['-c', cut, 'sh', found], { stdio: 'ignore', timeout: 600_000 });
        } catch (error) {
          reject(new Error(`the command that cuts the power failed: ${(error as Error).message}`));
        }
        run.kill('SIGKILL');
      }
    };
    run.stdout.on('data', look);
    run.stderr.on('data', () => {});
    run.on('close', () => (host === null ? reject(new NotHere(`no line of the run was ${at}`)) : resolve(host)));
  });
}

const asleep = new Int32Array(new SharedArrayBuffer(4));

function isBack(fleet: Fleet, host: string, before: string): void {
  const until = Date.now() + 600_000;
  while (['', before].includes(bootOf(fleet, host))) {
    if (Date.now() > until) throw new Error(`${host} is not back ten minutes after its power was cut`);
    Atomics.wait(asleep, 0, 0, 2000);
  }
}

/** A host that was not cut may still be busy with what the dead run has asked of it, for some seconds. */
function runAfter(path: string): Ran {
  const until = Date.now() + 60_000;
  for (;;) {
    const ran = mailtun('provision', path, '--json', '--take-over');
    if (ran.exit === 0 || Date.now() > until || !/has been changing it since/.test(ran.stdout)) return ran;
    Atomics.wait(asleep, 0, 0, 2000);
  }
}

const everywhere = (fleet: Fleet, line: string): readonly string[] =>
  fleet.hosts.map(({ name }) => `${name} ${onHost(fleet, name, line).stdout.trim()}`);

/** @param cut sh(1) text that cuts the power of the host in `$1` and gives it back. */
export async function runPowerCuts(fleet: Fleet, path: string, cut: string): Promise<void> {
  const own = everywhere(fleet, OWN);
  for (const moment of MOMENTS)
    await check(
      `power cut in ${moment.command[0]} at ${moment.at.source}: one run later all is as wanted`,
      async () => {
        if (moment.bare) isWell('undo', path, '--all', '--keys');
        const boots = new Map(fleet.hosts.map(({ name }) => [name, bootOf(fleet, name)]));
        const host = await cutDuring(path, moment, cut);
        isBack(fleet, host, boots.get(host) ?? '');
        const lost = onHost(fleet, host, LOST).stdout.trim();
        console.log(`  ${host}: ${lost === '' ? 'nothing was lost' : `lost: ${lost.split('\n').join(' ')}`}`);
        const ran = runAfter(path);
        expectSame('the run after it', ran.exit, 0, ran);
        converged(path);
        expectSame("the admin's own text", everywhere(fleet, OWN), own);
        expectSame('files of NUL bytes', onHost(fleet, host, LOST).stdout, '');
        mailFlows(path);
      },
    );
}
